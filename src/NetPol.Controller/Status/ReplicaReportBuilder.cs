using System.Text.Json;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Sync;
using NetPol.Controller.Watch;
using NetPol.Kubernetes.Client;
using NetPol.Model.Policies;
using NetPol.Protocol.Status;

namespace NetPol.Controller.Status;

/// <summary>Builds this replica's report, at most <see cref="MaxBytes"/> long.</summary>
internal static class ReplicaReportBuilder
{
    /// <summary>In bytes of JSON: the reports of three replicas find room in a ConfigMap, which takes 1 MiB.</summary>
    public const int MaxBytes = 340_000;

    /// <summary>What agents leave of it to audits, however many they are.</summary>
    private const int AuditBytes = 40_000;

    private const int PolicyBytes = 64;

    public static ReplicaReport Build(DateTimeOffset at, bool isLeader, RuleSetStore store, AgentRegistry registry, ClusterInventory inventory)
    {
        var states = registry.Agents;
        var waiting = states.Where(s => s.ProgrammedVersion is not null).Select(s => store.Find(s.Node)?.FirstVersionAfter(s.ProgrammedVersion!.Value)).ToList();
        var policies = new SortedDictionary<string, ProgrammedNodes>(StringComparer.Ordinal);
        foreach (var (policy, revision) in inventory.Policies)
        {
            if (policy.Policy.Id.Namespace.Length == 0 && policy.IsEnforced)
                policies[policy.Policy.Id.ToString()] = new(policy.Generation, waiting.Count(first => first is null || first > revision));
        }
        var retained = inventory.RetainedPolicies;
        List<string> named = [.. retained.Take(ReplicaReport.MaxRetained).Select(p => p.ToString())];
        var (agents, room) = AgentReportBuilder.Build(states, store, MaxBytes - AuditBytes - policies.Keys.Concat(named).Sum(p => PolicyBytes + p.Length));
        var (audited, auditsLeftOut) = AuditReportBuilder.Build(states, inventory.Policies.Select(p => p.Policy.Policy).Where(p => p.IsAudited).Select(p => p.Id), room + AuditBytes);
        return new(at, isLeader, store.Revision, agents, policies, audited, auditsLeftOut, states.Count - agents.Count)
        {
            UnsupportedVersions = [.. inventory.Kinds.Where(k => !k.UnsupportedVersions.IsEmpty).Select(k => UnsupportedVersions.Describe(k.Kind, k.UnsupportedVersions))],
            Retained = named,
            RetainedLeftOut = retained.Count - named.Count,
        };
    }
}

/// <summary>Builds the reports of agents.</summary>
internal static class AgentReportBuilder
{
    private const int LongestIsolation = 512;

    /// <param name="states">The agents that are connected to this replica, by node name.</param>
    /// <param name="store">What they should enforce.</param>
    /// <param name="room">In bytes of JSON.</param>
    /// <returns>Those that there is room for, by node, and the room that is left. Those that do not enforce what is now true go first.</returns>
    public static (IReadOnlyList<AgentReport> Reports, int Room) Build(IReadOnlyList<ConnectedAgent> states, RuleSetStore store, int room)
    {
        var reports = new List<AgentReport>();
        foreach (var report in states.Select(s => Build(s, store)).OrderBy(r => r is { Error: null, IsCurrent: true }))
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(report, JsonSerializerOptions.Web).Length + 1;
            if (bytes > room)
                continue;
            reports.Add(report);
            room -= bytes;
        }
        return ([.. reports.OrderBy(r => r.Node, StringComparer.Ordinal)], room);
    }

    private static AgentReport Build(ConnectedAgent state, RuleSetStore store) => new(
        state.Node,
        state.Agent,
        state.ConnectedAt,
        state.Generation,
        state.ProgrammedVersion is { } enforced && store.Find(state.Node)?.FirstVersionAfter(enforced) is null,
        state.ProgrammedAt,
        state.Delay?.TotalSeconds,
        state.Error,
        state.Stats?.Resyncs,
        state.Stats?.StaleConnectionsRemoved)
    {
        Isolated = state.Isolated.Count == 0 ? null : state.Isolated.ToDictionary(i => i.Key.ToString(), i => TextLimit.Truncate(IsolationMessages.Create(i.Value, i.Key.Kind), LongestIsolation), StringComparer.Ordinal),
    };
}

/// <summary>Builds the reports of audited policies from the counts of the nodes.</summary>
internal static class AuditReportBuilder
{
    private const int PolicyBytes = 96;
    private const int NodeBytes = 80;

    /// <param name="states">The agents that are connected to this replica, by node name.</param>
    /// <param name="audited">The audited policies, by id.</param>
    /// <param name="room">In bytes of JSON.</param>
    /// <returns>What there is room for, and how many policies and counts of nodes there is none for.</returns>
    public static (IReadOnlyList<AuditReport> Reports, int LeftOut) Build(IReadOnlyList<ConnectedAgent> states, IEnumerable<PolicyId> audited, int room)
    {
        var counts = states.SelectMany(s => (s.Stats?.Audits ?? []).Select(a => (a.Policy, Node: new AuditedNode(s.Node, a.Denied, a.Allowed)))).ToLookup(c => c.Policy, c => c.Node);
        var reports = new List<AuditReport>();
        var leftOut = states.Sum(s => s.Stats?.LeftOut ?? 0);
        foreach (var policy in audited)
        {
            var nodes = new List<AuditedNode>();
            var there = Fits(PolicyBytes + policy.Namespace.Length + policy.Name.Length);
            foreach (var node in counts[policy])
            {
                if (there && Fits(NodeBytes + node.Node.Length))
                    nodes.Add(node);
                else
                    leftOut++;
            }
            if (there)
                reports.Add(new(policy.Kind.ToString(), policy.Namespace, policy.Name, nodes));
            else
                leftOut++;
        }
        return (reports, leftOut);

        bool Fits(int bytes)
        {
            if (room < bytes)
                return false;
            room -= bytes;
            return true;
        }
    }
}
