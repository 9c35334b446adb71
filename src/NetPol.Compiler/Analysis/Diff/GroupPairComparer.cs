using NetPol.Compiler.Analysis.Reachability;
using NetPol.Compiler.Ports;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Diff;

/// <summary>Compares every pair of groups, and reports the pairs whose connections change.</summary>
internal sealed class GroupPairComparer
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];
    private static readonly ConnectionChangeType[] ChangeTypes = [ConnectionChangeType.Opened, ConnectionChangeType.Closed, ConnectionChangeType.DeciderChanged];

    private readonly ReachabilityIndex _old;
    private readonly ReachabilityIndex _new;
    private readonly EndpointGroupBuilder _groups;
    private readonly VerdictDiffTable _diffs;
    private readonly Action<GroupPairsKey, int, int, GroupPairDiff> _add;
    private readonly int[] _oldEgress;
    private readonly int[] _newEgress;
    private readonly int[] _oldIngress;
    private readonly int[] _newIngress;
    private readonly EndpointNumbers[][] _sides;

    /// <param name="before">The old cluster, evaluated.</param>
    /// <param name="after">The new cluster, evaluated.</param>
    /// <param name="groups">The groups to compare.</param>
    /// <param name="diffs">Computes the changes.</param>
    /// <param name="add">Receives each change with its source and destination group, ordered by source, then by destination.</param>
    public GroupPairComparer(ReachabilityIndex before, ReachabilityIndex after, EndpointGroupBuilder groups, VerdictDiffTable diffs, Action<GroupPairsKey, int, int, GroupPairDiff> add)
    {
        (_old, _new, _groups, _diffs, _add) = (before, after, groups, diffs, add);
        (_oldEgress, _newEgress) = (new int[before.PeerCount], new int[after.PeerCount]);
        (_oldIngress, _newIngress) = (new int[before.Ingress.PolicySetCount], new int[after.Ingress.PolicySetCount]);
        _sides = [.. Families.Select(family => groups.Groups.Select(g => g.NumbersFor(family)).ToArray())];
    }

    public void Run(Action<double>? progress)
    {
        var all = _groups.Groups.Count;
        GroupPairDiff[] v4 = new GroupPairDiff[all], v6 = new GroupPairDiff[all];
        for (var source = 0; source < all; source++)
        {
            Compare(source, IpFamily.V4, v4);
            Compare(source, IpFamily.V6, v6);
            for (var destination = 0; destination < all; destination++)
            {
                if (v4[destination].IsChange || v6[destination].IsChange)
                    Report(DestinationScope.Other, source, destination, v4[destination], v6[destination]);
            }
            if (source < _groups.FirstNode)
                CompareSelfAndOwnNode(source);
            progress?.Invoke((source + 1.0) / all);
        }
    }

    /// <summary>Writes the change for each destination group. Pairs without a pod are not evaluated.</summary>
    private void Compare(int source, IpFamily family, GroupPairDiff[] found)
    {
        Array.Fill(found, GroupPairDiff.None);
        var sides = _sides[Array.IndexOf(Families, family)];
        var from = sides[source];
        if (!from.IsPresent)
            return;
        _old.Egress.CopyRow(from.OldEgress, _oldEgress);
        _new.Egress.CopyRow(from.NewEgress, _newEgress);
        _old.Ingress.CopyColumn(from.OldPeer, _oldIngress);
        _new.Ingress.CopyColumn(from.NewPeer, _newIngress);
        var last = source < _groups.FirstNode ? found.Length : _groups.FirstNode;
        for (var destination = 0; destination < last; destination++)
        {
            ref readonly var to = ref sides[destination];
            if (to.IsPresent)
                found[destination] = _diffs.Compare(_oldEgress[to.OldPeer], _newEgress[to.NewPeer], _oldIngress[to.OldIngress], _newIngress[to.NewIngress]);
        }
    }

    /// <summary>Compares connections of pods with themselves and with their own nodes.</summary>
    private void CompareSelfAndOwnNode(int source)
    {
        var group = _groups.Groups[source];
        var (old, now) = group.Pods[0];
        Report(DestinationScope.Self, source, 0, Self(IpFamily.V4), Self(IpFamily.V6));
        foreach (var place in group.OwnNodes)
        {
            var node = _groups.Groups[_groups.FirstNode + place];
            Report(DestinationScope.OwnNode, source, _groups.FirstNode + place, ToNode(IpFamily.V4), ToNode(IpFamily.V6));

            GroupPairDiff ToNode(IpFamily family) => node.NumbersFor(family) is { IsPresent: true } to && group.NumbersFor(family).IsPresent
                ? _diffs.Compare(
                    PortPolicy(_old, _old.AddressOf(old, family)!.Value, to.OldPeer, Direction.Egress, PeerRelation.OwnNode),
                    PortPolicy(_new, _new.AddressOf(now, family)!.Value, to.NewPeer, Direction.Egress, PeerRelation.OwnNode),
                    _old.DefaultPortPolicy(Direction.Ingress), _new.DefaultPortPolicy(Direction.Ingress))
                : GroupPairDiff.None;
        }

        GroupPairDiff Self(IpFamily family) => group.NumbersFor(family) is { IsPresent: true } self
            ? _diffs.Compare(
                PortPolicy(_old, _old.AddressOf(old, family)!.Value, self.OldPeer, Direction.Egress, PeerRelation.Self),
                PortPolicy(_new, _new.AddressOf(now, family)!.Value, self.NewPeer, Direction.Egress, PeerRelation.Self),
                PortPolicy(_old, _old.AddressOf(old, family)!.Value, self.OldPeer, Direction.Ingress, PeerRelation.Self),
                PortPolicy(_new, _new.AddressOf(now, family)!.Value, self.NewPeer, Direction.Ingress, PeerRelation.Self))
            : GroupPairDiff.None;
    }

    private static int PortPolicy(ReachabilityIndex reachability, IpAddress subject, int peer, Direction direction, PeerRelation scope) =>
        reachability.PortPolicyOf(reachability.PolicySetOf(subject, direction, scope), peer, direction);

    /// <summary>Reports one change without a family if both families change alike, or if the endpoints have only one family in common.</summary>
    private void Report(DestinationScope scope, int source, int destination, GroupPairDiff v4, GroupPairDiff v6)
    {
        foreach (var changeType in ChangeTypes)
        {
            var areAlike = v4.IsNone || v6.IsNone || Ports(v4) == Ports(v6);
            ReportFamily(areAlike ? null : IpFamily.V4, v4);
            ReportFamily(areAlike ? null : IpFamily.V6, v6);

            int Ports(GroupPairDiff pair) => _diffs[pair.Diff].PortsOf(changeType);

            void ReportFamily(IpFamily? family, GroupPairDiff pair)
            {
                if (pair.IsChange && Ports(pair) != PortSetTable.Nothing)
                    _add(new(changeType, scope, family, Ports(pair)), source, destination, pair);
            }
        }
    }
}

/// <summary>The change of connections between two groups, as numbers of a <see cref="VerdictDiffTable"/>.</summary>
/// <param name="Diff">The number of the change.</param>
/// <param name="Egress">The number of the source side's change.</param>
/// <param name="Ingress">The number of the destination side's change.</param>
internal readonly record struct GroupPairDiff(int Diff, int Egress, int Ingress)
{
    /// <summary>There is no connection, or none over this family.</summary>
    public static GroupPairDiff None { get; } = new(-1, 0, 0);

    public bool IsNone => Diff < 0;

    public bool IsChange => Diff > VerdictDiffTable.Unchanged;
}
