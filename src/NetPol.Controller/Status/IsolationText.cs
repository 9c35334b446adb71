using NetPol.Kubernetes.Watching;
using NetPol.Model.Policies;
using NetPol.Protocol.State;

namespace NetPol.Controller.Status;

/// <summary>What events and conditions say of isolated policies.</summary>
internal static class IsolationText
{
    private const int MostNodes = 3;

    /// <summary>What failed, what is enforced instead, and what to do.</summary>
    public static string Of(PolicyIsolation isolation, PolicyKind kind) => $"{isolation.Reason}. {Enforced(isolation, kind)} until the policy changes; write it otherwise";

    /// <summary>The isolated policies, each with what is said of it.</summary>
    /// <param name="policies">Every policy.</param>
    /// <param name="everywhere">Those that cannot be compiled.</param>
    /// <param name="reports">What replicas say of nodes that cannot load one.</param>
    public static Dictionary<PolicyId, string> Of(IReadOnlyList<WatchedPolicy> policies, IReadOnlyDictionary<PolicyId, PolicyIsolation> everywhere, IEnumerable<ReplicaReport> reports)
    {
        var onNodes = reports.SelectMany(r => r.Agents).SelectMany(a => (a.Isolated ?? new Dictionary<string, string>(StringComparer.Ordinal)).Select(i => (a.Node, Policy: i.Key, Text: i.Value))).ToLookup(i => i.Policy, StringComparer.Ordinal);
        var texts = new Dictionary<PolicyId, string>();
        foreach (var policy in policies.Select(p => p.Policy))
        {
            if ((everywhere.GetValueOrDefault(policy.Id) ?? policy.Isolation) is { } isolation)
                texts[policy.Id] = Of(isolation, policy.Id.Kind);
            else if (onNodes[policy.Id.ToString()].DistinctBy(i => i.Node, StringComparer.Ordinal).OrderBy(i => i.Node, StringComparer.Ordinal).ToList() is { Count: > 0 } nodes)
                texts[policy.Id] = $"on {string.Join(", ", nodes.Take(MostNodes).Select(n => n.Node))}{(nodes.Count > MostNodes ? $" and {nodes.Count - MostNodes} more nodes" : "")}: {nodes[0].Text}";
        }
        return texts;
    }

    private static string Enforced(PolicyIsolation isolation, PolicyKind kind) => kind == PolicyKind.NetworkPolicy
        ? "It isolates its pods and allows nothing"
        : isolation.Degree == IsolationDegree.AllowsNothing
            ? "It allows nothing, its Deny rules hold, and its Pass rules deny"
            : "It allows nothing, and its Deny and Pass rules deny every peer of its pods";
}
