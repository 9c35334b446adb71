using NetPol.Compiler.Flattening;
using NetPol.Compiler.Reaching;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Comparing;

/// <summary>Compares every pair of groups, and tells of those whose connections change.</summary>
internal sealed class PairComparer
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];
    private static readonly ChangeKind[] Kinds = [ChangeKind.Opened, ChangeKind.Closed, ChangeKind.DecidedOtherwise];

    private readonly PolicyWorld _old;
    private readonly PolicyWorld _new;
    private readonly GroupBuilder _groups;
    private readonly OutcomeTable _outcomes;
    private readonly Action<RelationKey, int, int, JudgedPair> _add;
    private readonly int[] _oldEgress;
    private readonly int[] _newEgress;
    private readonly int[] _oldIngress;
    private readonly int[] _newIngress;
    private readonly Sides[][] _sides;

    /// <param name="before">The old world, judged.</param>
    /// <param name="after">The new one.</param>
    /// <param name="groups">What is compared.</param>
    /// <param name="outcomes">Says what changes.</param>
    /// <param name="add">Is told what changes, from which group, to which one, and how; by source, then by destination.</param>
    public PairComparer(PolicyWorld before, PolicyWorld after, GroupBuilder groups, OutcomeTable outcomes, Action<RelationKey, int, int, JudgedPair> add)
    {
        (_old, _new, _groups, _outcomes, _add) = (before, after, groups, outcomes, add);
        (_oldEgress, _newEgress) = (new int[before.PeerCount], new int[after.PeerCount]);
        (_oldIngress, _newIngress) = (new int[before.Ingress.GroupCount], new int[after.Ingress.GroupCount]);
        _sides = [.. Families.Select(family => groups.Groups.Select(g => g.Over(family)).ToArray())];
    }

    public void Run(Action<double>? progress)
    {
        var all = _groups.Groups.Count;
        JudgedPair[] v4 = new JudgedPair[all], v6 = new JudgedPair[all];
        for (var source = 0; source < all; source++)
        {
            Compare(source, IpFamily.V4, v4);
            Compare(source, IpFamily.V6, v6);
            for (var destination = 0; destination < all; destination++)
            {
                if (v4[destination].IsChange || v6[destination].IsChange)
                    Tell(Counterpart.Others, source, destination, v4[destination], v6[destination]);
            }
            if (source < _groups.FirstNode)
                CompareOwn(source);
            progress?.Invoke((source + 1.0) / all);
        }
    }

    /// <summary>Writes how it is judged with each group as destination. Between two that are no pods there is nothing to judge.</summary>
    private void Compare(int source, IpFamily family, JudgedPair[] found)
    {
        Array.Fill(found, JudgedPair.None);
        var sides = _sides[Array.IndexOf(Families, family)];
        var from = sides[source];
        if (!from.IsPresent)
            return;
        _old.Egress.Row(from.OldEgress, _oldEgress);
        _new.Egress.Row(from.NewEgress, _newEgress);
        _old.Ingress.Column(from.OldPeer, _oldIngress);
        _new.Ingress.Column(from.NewPeer, _newIngress);
        var last = source < _groups.FirstNode ? found.Length : _groups.FirstNode;
        for (var destination = 0; destination < last; destination++)
        {
            ref readonly var to = ref sides[destination];
            if (to.IsPresent)
                found[destination] = _outcomes.Judge(_oldEgress[to.OldPeer], _newEgress[to.NewPeer], _oldIngress[to.OldIngress], _newIngress[to.NewIngress]);
        }
    }

    /// <summary>Pods with themselves, and with the nodes that run them.</summary>
    private void CompareOwn(int source)
    {
        var group = _groups.Groups[source];
        var (old, now) = group.Pods[0];
        Tell(Counterpart.Itself, source, 0, Self(IpFamily.V4), Self(IpFamily.V6));
        foreach (var place in group.OwnNodes)
        {
            var node = _groups.Groups[_groups.FirstNode + place];
            Tell(Counterpart.OwnNode, source, _groups.FirstNode + place, ToNode(IpFamily.V4), ToNode(IpFamily.V6));

            JudgedPair ToNode(IpFamily family) => node.Over(family) is { IsPresent: true } to && group.Over(family).IsPresent
                ? _outcomes.Judge(
                    Profile(_old, old.AddressOf(family), to.OldPeer, Direction.Egress, Scope.OwnNode),
                    Profile(_new, now.AddressOf(family), to.NewPeer, Direction.Egress, Scope.OwnNode),
                    _old.Default(Direction.Ingress), _new.Default(Direction.Ingress))
                : JudgedPair.None;
        }

        JudgedPair Self(IpFamily family) => group.Over(family) is { IsPresent: true } self
            ? _outcomes.Judge(
                Profile(_old, old.AddressOf(family), self.OldPeer, Direction.Egress, Scope.Self),
                Profile(_new, now.AddressOf(family), self.NewPeer, Direction.Egress, Scope.Self),
                Profile(_old, old.AddressOf(family), self.OldPeer, Direction.Ingress, Scope.Self),
                Profile(_new, now.AddressOf(family), self.NewPeer, Direction.Ingress, Scope.Self))
            : JudgedPair.None;
    }

    private static int Profile(PolicyWorld world, IpAddress subject, int peer, Direction direction, Scope scope) =>
        world.Profile(world.Subject(subject, direction, scope), peer, direction);

    /// <summary>Where both families change alike, or the two have but one, the change is not of a family.</summary>
    private void Tell(Counterpart counterpart, int source, int destination, JudgedPair v4, JudgedPair v6)
    {
        foreach (var kind in Kinds)
        {
            var areAlike = v4.IsNone || v6.IsNone || Ports(v4) == Ports(v6);
            Tell(areAlike ? null : IpFamily.V4, v4);
            Tell(areAlike ? null : IpFamily.V6, v6);

            int Ports(JudgedPair pair) => _outcomes[pair.Outcome].Of(kind);

            void Tell(IpFamily? family, JudgedPair pair)
            {
                if (pair.IsChange && Ports(pair) != PortSetTable.Nothing)
                    _add(new(kind, counterpart, family, Ports(pair)), source, destination, pair);
            }
        }
    }
}
