using NetPol.Controller.Rules;
using NetPol.Controller.Streaming;
using NetPol.Controller.Watching;
using NetPol.Protocol.State;

namespace NetPol.Controller.Status;

/// <summary>Puts this replica's report together.</summary>
internal static class Reporting
{
    public static ReplicaReport Report(DateTimeOffset at, bool leads, RuleBook book, AgentRegistry registry, ClusterInventory inventory)
    {
        var states = registry.States;
        var waiting = states.Where(s => s.Enforced is not null).Select(s => FirstAfter(book, s.Node, s.Enforced!.Value)).ToList();
        var policies = new SortedDictionary<string, InForce>(StringComparer.Ordinal);
        foreach (var (policy, revision) in inventory.Policies)
        {
            if (policy.Policy.Id.Namespace.Length == 0)
                policies[policy.Policy.Id.ToString()] = new(policy.Generation, waiting.Count(first => first is null || first > revision));
        }
        var (audited, leftOut) = AuditReporting.Report(states, inventory.Policies.Select(p => p.Policy.Policy).Where(p => p.IsAudited).Select(p => p.Id));
        return new(at, leads, book.Revision, [.. states.Select(s => Report(s, book))], policies, audited, leftOut);
    }

    private static AgentReport Report(AgentState state, RuleBook book) => new(
        state.Node,
        state.Agent,
        state.ConnectedAt,
        state.Generation,
        state.Enforced is { } enforced && FirstAfter(book, state.Node, enforced) is null,
        state.EnforcedAt,
        state.Delay?.TotalSeconds,
        state.Error,
        state.Tally?.Repairs,
        state.Tally?.Cut);

    /// <summary>Null also of a node that nobody follows any more.</summary>
    private static long? FirstAfter(RuleBook book, string node, long revision) => book.Find(node)?.FirstAfter(revision);
}
