using NetPol.Controller.Rules;
using NetPol.Controller.Streaming;
using NetPol.Controller.Watching;

namespace NetPol.Controller.Status;

/// <summary>What one replica tells the others and people: who follows it, and what is in force there.</summary>
/// <param name="At">When.</param>
/// <param name="Leads">Whether it writes status.</param>
/// <param name="Revision">How many batches of changes it has taken in.</param>
/// <param name="Agents">By node.</param>
/// <param name="Policies">By kind and name, <c>AdminNetworkPolicy lock-down</c>.</param>
internal sealed record ReplicaReport(
    DateTimeOffset At, bool Leads, long Revision, IReadOnlyList<AgentReport> Agents, SortedDictionary<string, InForce> Policies)
{
    public static ReplicaReport Of(DateTimeOffset at, bool leads, RuleBook book, AgentRegistry registry, ClusterInventory inventory)
    {
        var states = registry.States;
        var waiting = states.Where(s => s.Enforced is not null).Select(s => book.Page(s.Node).FirstAfter(s.Enforced!.Value)).ToList();
        var policies = new SortedDictionary<string, InForce>(StringComparer.Ordinal);
        foreach (var (policy, revision) in inventory.Policies)
        {
            if (policy.Policy.Id.Namespace.Length == 0)
                policies[policy.Policy.Id.ToString()] = new(policy.Generation, waiting.Count(first => first is null || first > revision));
        }
        return new(at, leads, book.Revision, [.. states.Select(s => Of(s, book))], policies);
    }

    private static AgentReport Of(AgentState state, RuleBook book) => new(
        state.Node,
        state.Agent,
        state.ConnectedAt,
        state.Generation,
        state.Enforced is { } enforced && book.Page(state.Node).FirstAfter(enforced) is null,
        state.EnforcedAt,
        state.Delay?.TotalSeconds,
        state.Error);
}
