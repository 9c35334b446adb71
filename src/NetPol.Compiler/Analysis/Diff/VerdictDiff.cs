using System.Runtime.InteropServices;
using NetPol.Compiler.Analysis.Reachability;
using NetPol.Compiler.Ports;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Analysis.Diff;

/// <summary>The ports on which a connection changes, as numbers of port sets.</summary>
internal readonly record struct VerdictDiff(int Opened, int Closed, int DeciderChanged)
{
    public static VerdictDiff None { get; } = new(PortSetTable.Nothing, PortSetTable.Nothing, PortSetTable.Nothing);

    public int PortsOf(ConnectionChangeType changeType) => changeType switch
    {
        ConnectionChangeType.Opened => Opened,
        ConnectionChangeType.Closed => Closed,
        _ => DeciderChanged,
    };
}

/// <summary>Numbers the changes of connections, taking both sides together. Equal changes have the same number.</summary>
internal sealed class VerdictDiffTable
{
    /// <summary>The number for no change.</summary>
    public const int Unchanged = 0;

    private readonly Dictionary<(int Egress, int Ingress), int> _numbers = [];
    private readonly Dictionary<VerdictDiff, int> _numberOfDiff = new() { [VerdictDiff.None] = Unchanged };
    private readonly List<VerdictDiff> _all = [VerdictDiff.None];
    private readonly DirectionDiffTable _sides;

    /// <param name="verdicts">Numbers the port policies of both clusters.</param>
    /// <param name="deciders">Whether another decision with the same verdict counts as a change.</param>
    public VerdictDiffTable(PortPolicyTable verdicts, bool deciders) => _sides = new(verdicts, Ports, deciders);

    public PortSetTable Ports { get; } = new();

    public VerdictDiff this[int number] => _all[number];

    /// <summary>Returns the change between the old and the new port policies of both sides.</summary>
    public GroupPairDiff Compare(int oldEgress, int newEgress, int oldIngress, int newIngress)
    {
        if (oldEgress == newEgress && oldIngress == newIngress)
            return new(Unchanged, 0, 0);
        int egress = _sides.NumberOf(oldEgress, newEgress), ingress = _sides.NumberOf(oldIngress, newIngress);
        var sides = (_sides.DiffOf(egress), _sides.DiffOf(ingress));
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, sides, out var known);
        if (!known)
            number = Number(Combine(_sides.Diff(sides.Item1), _sides.Diff(sides.Item2)));
        return new(number, egress, ingress);
    }

    /// <summary>Returns the decisions for the ports before and after: only denials where the connection is denied, otherwise also the rules that allow it.</summary>
    public (HashSet<Decision> Before, HashSet<Decision> After) FindDeciders(IEnumerable<int> sides, ConnectionChangeType changeType, int ports)
    {
        HashSet<Decision> before = [], after = [];
        foreach (var side in sides)
        {
            before.UnionWith(_sides.FindDeciders(side, old: true, Ports[ports]).Where(d => IsDecider(d, changeType == ConnectionChangeType.Opened)));
            after.UnionWith(_sides.FindDeciders(side, old: false, Ports[ports]).Where(d => IsDecider(d, changeType == ConnectionChangeType.Closed)));
        }
        return (before, after);
    }

    private static bool IsDecider(Decision decision, bool denialsAlone) => decision.Verdict == Verdict.Deny || (!denialsAlone && decision.Policy is not null);

    private VerdictDiff Combine(DirectionDiff egress, DirectionDiff ingress)
    {
        int before = Ports.Intersect(egress.Before, ingress.Before), after = Ports.Intersect(egress.After, ingress.After);
        int opened = Ports.Except(after, before), closed = Ports.Except(before, after);
        var others = Ports[egress.DeciderChanged].Union(Ports[ingress.DeciderChanged]);
        return new(opened, closed, Ports.Add(others.Except(Ports[opened]).Except(Ports[closed])));
    }

    private int Number(VerdictDiff diff)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numberOfDiff, diff, out var known);
        if (known)
            return number;
        _all.Add(diff);
        return number = _all.Count - 1;
    }
}

/// <summary>The effect of one side, as numbers of port sets: the ports that it allowed, the ports that it allows, and, on request, the ports with another decision.</summary>
internal readonly record struct DirectionDiff(int Before, int After, int DeciderChanged);

/// <summary>Numbers the pairs of an old and a new port policy of one side.</summary>
/// <param name="verdicts">Numbers the port policies of both clusters.</param>
/// <param name="ports">Numbers port sets.</param>
/// <param name="deciders">Whether another decision with the same verdict counts as a change.</param>
internal sealed class DirectionDiffTable(PortPolicyTable verdicts, PortSetTable ports, bool deciders)
{
    private readonly Dictionary<(int Old, int New), int> _numbers = [];
    private readonly List<(int Old, int New, int Diff)> _all = [];
    private readonly Dictionary<DirectionDiff, int> _numberOfDiff = [];
    private readonly List<DirectionDiff> _diffs = [];
    private readonly AllowedPortTable _allowed = new(verdicts, ports);

    /// <summary>Returns the number of a pair of port policies.</summary>
    public int NumberOf(int old, int now)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, (old, now), out var known);
        if (known)
            return number;
        _all.Add((old, now, Add(new(_allowed.GetOrAdd(old), _allowed.GetOrAdd(now), deciders ? ports.Add(PortsWithOtherDecider(old, now)) : PortSetTable.Nothing))));
        return number = _all.Count - 1;
    }

    /// <summary>Returns the number of the pair's <see cref="DirectionDiff"/>. There are far fewer of these than pairs.</summary>
    public int DiffOf(int number) => _all[number].Diff;

    public DirectionDiff Diff(int diff) => _diffs[diff];

    /// <summary>Returns the decisions for the ports in the old or in the new cluster.</summary>
    public IEnumerable<Decision> FindDeciders(int number, bool old, PortSet asked)
    {
        var portPolicy = verdicts.PortPolicy(old ? _all[number].Old : _all[number].New);
        return Decisions(portPolicy).Where(id => !PortsOf(portPolicy, id).Intersect(asked).IsEmpty).Select(Decision);
    }

    private static PortSet PortsOf(PortPolicy portPolicy, DecisionId decision) => portPolicy.FindPorts(id => id == decision);

    private static IEnumerable<DecisionId> Decisions(PortPolicy portPolicy) => portPolicy.Entries.Select(c => c.Decision).Append(portPolicy.Default).Distinct();

    private int Add(DirectionDiff diff)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numberOfDiff, diff, out var known);
        if (known)
            return number;
        _diffs.Add(diff);
        return number = _diffs.Count - 1;
    }

    private PortSet PortsWithOtherDecider(int old, int now)
    {
        if (old == now)
            return PortSet.Nothing;
        var (before, after) = (verdicts.PortPolicy(old), verdicts.PortPolicy(now));
        return Decisions(before).Aggregate(PortSet.Everything, (undecided, id) => undecided.Except(PortsOf(before, id).Intersect(PortsOf(after, id))));
    }

    private Decision Decision(DecisionId id) => verdicts.Decision(verdicts.IndexOf(id));
}
