using k8s;
using k8s.Autorest;
using k8s.Models;
using NetPol.Compiler.Budgets;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Metrics;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Watch;
using NetPol.Model.Policies;
using NetPol.Protocol.Status;

namespace NetPol.Controller.Status;

/// <summary>Writes an event about the first NetworkPolicy of each namespace that exceeds its budget, once for each limit and node that it exceeds.</summary>
internal sealed class BudgetEvents(IKubernetes kubernetes, ControllerOptions options, ControllerMetrics meter, ILogger log)
{
    private readonly HashSet<ExceededBudget> _reported = [];

    /// <param name="exceeded">The namespaces that exceed their budgets now.</param>
    /// <param name="policies">Every policy, by id.</param>
    /// <param name="now">When.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task WriteAsync(IEnumerable<ExceededBudget> exceeded, IReadOnlyList<WatchedPolicy> policies, DateTimeOffset now, CancellationToken cancel)
    {
        var there = exceeded.ToList();
        _reported.IntersectWith(there);
        foreach (var budget in there.Where(b => !_reported.Contains(b)))
        {
            var first = policies.FirstOrDefault(p => p.Policy.Id.Kind == PolicyKind.NetworkPolicy && string.Equals(p.Policy.Id.Namespace, budget.Namespace, StringComparison.Ordinal));
            if (first is null)
                continue;
            try
            {
                await kubernetes.CoreV1.CreateNamespacedEventAsync(
                    PolicyEvent.CreateWarning(first, "BudgetExceeded", budget.Message, options.Name, now), budget.Namespace, cancellationToken: cancel);
                meter.CountWrite("event");
                _reported.Add(budget);
            }
            catch (HttpOperationException refused)
            {
                // This namespace only: the others get their events, and this one is tried again the next time.
                Log.Retrying(log, $"the event about the budget of namespace {budget.Namespace}", KubernetesErrors.Describe(refused));
            }
        }
    }
}

/// <summary>The messages of events and conditions about isolated policies.</summary>
internal static class IsolationMessages
{
    private const int MostNodes = 3;

    /// <summary>What failed, what is enforced instead, and what to do.</summary>
    public static string Create(PolicyIsolation isolation, PolicyKind kind) => $"{isolation.Reason}. {Enforced(isolation, kind)} until the policy changes; rewrite the policy";

    /// <summary>Returns the message for each isolated policy.</summary>
    /// <param name="policies">Every policy.</param>
    /// <param name="everywhere">Those that cannot be compiled.</param>
    /// <param name="reports">The reports of replicas, which list nodes that cannot load a policy.</param>
    public static Dictionary<PolicyId, string> Create(IReadOnlyList<WatchedPolicy> policies, IReadOnlyDictionary<PolicyId, PolicyIsolation> everywhere, IEnumerable<ReplicaReport> reports)
    {
        var onNodes = reports.SelectMany(r => r.Agents).SelectMany(a => (a.Isolated ?? new Dictionary<string, string>(StringComparer.Ordinal)).Select(i => (a.Node, Policy: i.Key, Text: i.Value))).ToLookup(i => i.Policy, StringComparer.Ordinal);
        var texts = new Dictionary<PolicyId, string>();
        foreach (var policy in policies.Select(p => p.Policy))
        {
            if ((everywhere.GetValueOrDefault(policy.Id) ?? policy.Isolation) is { } isolation)
                texts[policy.Id] = Create(isolation, policy.Id.Kind);
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

/// <summary>Events about NetworkPolicies, which have no status to write conditions to.</summary>
internal static class PolicyEvent
{
    private const int LongestMessage = 1024;

    /// <param name="policy">What it is about.</param>
    /// <param name="reason">In camel case, for programs.</param>
    /// <param name="message">For people; truncated to the length that an event can have.</param>
    /// <param name="replica">Who writes it.</param>
    /// <param name="now">When.</param>
    public static Corev1Event CreateWarning(WatchedPolicy policy, string reason, string message, string replica, DateTimeOffset now)
    {
        var id = policy.Policy.Id;
        return new()
        {
            Metadata = new() { GenerateName = $"{id.Name}.", NamespaceProperty = id.Namespace },
            InvolvedObject = new() { ApiVersion = "networking.k8s.io/v1", Kind = "NetworkPolicy", NamespaceProperty = id.Namespace, Name = id.Name, Uid = policy.Uid },
            Type = "Warning",
            Reason = reason,
            Message = TextLimit.Truncate(message, LongestMessage),
            Source = new() { Component = "netpol-controller", Host = replica },
            FirstTimestamp = now.UtcDateTime,
            LastTimestamp = now.UtcDateTime,
            Count = 1,
        };
    }
}
