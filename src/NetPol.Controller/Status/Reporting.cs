using NetPol.Controller.Rules;
using NetPol.Controller.Streaming;
using NetPol.Controller.Watching;
using NetPol.Kubernetes.Client;
using NetPol.Protocol.State;

namespace NetPol.Controller.Status;

/// <summary>Puts this replica's report together, no longer than there is room for.</summary>
internal static class Reporting
{
    /// <summary>In bytes of JSON: the reports of three replicas find room in a ConfigMap, which takes 1 MiB.</summary>
    public const int Room = 340_000;

    /// <summary>What agents leave of it to audits, however many they are.</summary>
    private const int AuditRoom = 40_000;

    private const int PolicyBytes = 64;

    public static ReplicaReport Report(DateTimeOffset at, bool leads, RuleBook book, AgentRegistry registry, ClusterInventory inventory)
    {
        var states = registry.States;
        var waiting = states.Where(s => s.Enforced is not null).Select(s => book.Find(s.Node)?.FirstAfter(s.Enforced!.Value)).ToList();
        var policies = new SortedDictionary<string, InForce>(StringComparer.Ordinal);
        foreach (var (policy, revision) in inventory.Policies)
        {
            if (policy.Policy.Id.Namespace.Length == 0 && policy.IsEnforced)
                policies[policy.Policy.Id.ToString()] = new(policy.Generation, waiting.Count(first => first is null || first > revision));
        }
        var (agents, room) = AgentReporting.Report(states, book, Room - AuditRoom - policies.Keys.Sum(p => PolicyBytes + p.Length));
        var (audited, auditsLeftOut) = AuditReporting.Report(states, inventory.Policies.Select(p => p.Policy.Policy).Where(p => p.IsAudited).Select(p => p.Id), room + AuditRoom);
        return new(at, leads, book.Revision, agents, policies, audited, auditsLeftOut, states.Count - agents.Count)
        {
            UnreadVersions = [.. inventory.Kinds.Where(k => !k.Unread.IsEmpty).Select(k => UnreadVersions.Describe(k.Kind, k.Unread))],
        };
    }
}
