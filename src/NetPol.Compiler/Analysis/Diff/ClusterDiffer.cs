using System.Runtime.InteropServices;
using NetPol.Compiler.Analysis.Reachability;
using NetPol.Compiler.Ports;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Analysis.Diff;

/// <summary>Compares the verdicts of two clusters on every port and for every address. Pure.</summary>
public static class ClusterDiffer
{
    /// <param name="before">The old cluster.</param>
    /// <param name="after">The new cluster. Pods are matched by id, nodes by name.</param>
    /// <param name="deciders">Whether to include connections whose verdict is unchanged but made by another decision.</param>
    /// <param name="progress">Receives the completed share from time to time, from 0 to 1. May be null.</param>
    public static ClusterDiff Compare(ClusterSnapshot before, ClusterSnapshot after, bool deciders = false, Action<double>? progress = null)
    {
        var verdicts = new PortPolicyTable();
        ReachabilityIndex old = new(before, verdicts), now = new(after, verdicts);
        var groups = new EndpointGroupBuilder(old, now);
        groups.Build();
        old.Evaluate();
        now.Evaluate();
        var diffs = new VerdictDiffTable(verdicts, deciders);
        var pairsByKey = new Dictionary<GroupPairsKey, GroupPairs>();
        new GroupPairComparer(old, now, groups, diffs, Add).Run(progress);
        var then = before.Pods.ToDictionary(p => p.Id);
        return new(
            groups.Groups.Select(g => g.ToGroup()).ToValueArray(),
            Changes(pairsByKey, groups, diffs),
            FindMissing(now, old),
            FindMissing(old, now),
            after.Pods.Where(p => then.TryGetValue(p.Id, out var pod) && !string.Equals(pod.Node, p.Node, StringComparison.Ordinal)).Select(p => p.Id).ToValueArray(),
            after.Nodes.Select(n => n.Name).Except(before.Nodes.Select(n => n.Name), StringComparer.Ordinal).ToValueArray(),
            before.Nodes.Select(n => n.Name).Except(after.Nodes.Select(n => n.Name), StringComparer.Ordinal).ToValueArray());

        void Add(GroupPairsKey key, int source, int destination, GroupPairDiff pair)
        {
            ref var groupPairs = ref CollectionsMarshal.GetValueRefOrAddDefault(pairsByKey, key, out _);
            (groupPairs ??= new()).Add(source, destination, pair);
        }
    }

    /// <summary>Returns the compared pods of one cluster that the other one lacks.</summary>
    private static ValueArray<PodId> FindMissing(ReachabilityIndex there, ReachabilityIndex here)
    {
        var known = Compared(here).ToHashSet();
        return Compared(there).Where(id => !known.Contains(id)).ToValueArray();
    }

    /// <summary>Returns the pods that are subjects at one of their addresses, by id.</summary>
    private static IEnumerable<PodId> Compared(ReachabilityIndex cluster) => cluster.Snapshot.Pods.Where(p => cluster.AddressesOf(p).Any()).Select(p => p.Id);

    private static ValueArray<ConnectionChange> Changes(Dictionary<GroupPairsKey, GroupPairs> pairsByKey, EndpointGroupBuilder groups, VerdictDiffTable diffs) => pairsByKey
        .SelectMany(r => r.Value.ToBlocks()
            .Select(block => r.Key.Destination == DestinationScope.Other ? groups.WithConnections(block) : block).OfType<GroupBlock>()
            .Select(block => Change(r.Key, block, diffs)))
        .OrderBy(c => c.Type).ThenBy(c => c.Destination)
        .ThenByDescending(c => (long)c.From.Count * Math.Max(1, c.To.Count))
        .ThenBy(c => c.From[0]).ThenBy(c => c.To.IsEmpty ? 0 : c.To[0]).ThenBy(c => c.Family).ThenBy(c => c.Ports.ToString(), StringComparer.Ordinal)
        .ToValueArray();

    private static ConnectionChange Change(GroupPairsKey key, GroupBlock block, VerdictDiffTable diffs)
    {
        var (before, after) = diffs.FindDeciders(block.Sides, key.Type, key.Ports);
        return new(
            key.Type, key.Destination, key.Family, block.From, key.Destination == DestinationScope.Self ? [] : block.To,
            diffs.Ports[key.Ports], Sorted(before), Sorted(after));
    }

    private static ValueArray<Decision> Sorted(HashSet<Decision> decisions) => decisions
        .OrderBy(d => d.Tier).ThenBy(d => d.Policy).ThenBy(d => d.Direction).ThenBy(d => d.RuleIndex).ThenBy(d => d.Id).ToValueArray();
}
