using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Reaching;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Comparing;

/// <summary>Numbers what changes for connections, as both sides together make it.</summary>
internal sealed class OutcomeTable
{
    /// <summary>The number of everything that changes nothing.</summary>
    public const int Unchanged = 0;

    private readonly Dictionary<(int Egress, int Ingress), int> _numbers = [];
    private readonly Dictionary<Outcome, int> _numberOfOutcome = new() { [Outcome.None] = Unchanged };
    private readonly List<Outcome> _all = [Outcome.None];
    private readonly SideOutcomes _sides;

    /// <param name="verdicts">Numbers the profiles of both worlds.</param>
    /// <param name="deciders">Whether it is a change that others decide.</param>
    public OutcomeTable(VerdictTable verdicts, bool deciders) => _sides = new(verdicts, Ports, deciders);

    public PortSetTable Ports { get; } = new();

    public Outcome this[int number] => _all[number];

    /// <summary>What the profiles of both sides, in the old and in the new world, come to.</summary>
    public JudgedPair Judge(int oldEgress, int newEgress, int oldIngress, int newIngress)
    {
        if (oldEgress == newEgress && oldIngress == newIngress)
            return new(Unchanged, 0, 0);
        int egress = _sides.NumberOf(oldEgress, newEgress), ingress = _sides.NumberOf(oldIngress, newIngress);
        var sides = (_sides.OutcomeOf(egress), _sides.OutcomeOf(ingress));
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, sides, out var known);
        if (!known)
            number = Number(Compare(_sides.Outcome(sides.Item1), _sides.Outcome(sides.Item2)));
        return new(number, egress, ingress);
    }

    /// <summary>Who decides about the ports, before and after: the denials where it is denied, else those policies that allow.</summary>
    public (HashSet<Decision> Before, HashSet<Decision> After) Deciders(IEnumerable<int> sides, ChangeKind kind, int ports)
    {
        HashSet<Decision> before = [], after = [];
        foreach (var side in sides)
        {
            before.UnionWith(_sides.Deciding(side, old: true, Ports[ports]).Where(d => Tells(d, kind == ChangeKind.Opened)));
            after.UnionWith(_sides.Deciding(side, old: false, Ports[ports]).Where(d => Tells(d, kind == ChangeKind.Closed)));
        }
        return (before, after);
    }

    private static bool Tells(Decision decision, bool denialsAlone) => decision.Verdict == Verdict.Deny || (!denialsAlone && decision.Policy is not null);

    private Outcome Compare(SideOutcome egress, SideOutcome ingress)
    {
        int before = Ports.And(egress.Before, ingress.Before), after = Ports.And(egress.After, ingress.After);
        int opened = Ports.Except(after, before), closed = Ports.Except(before, after);
        var others = Ports[egress.Otherwise].Or(Ports[ingress.Otherwise]);
        return new(opened, closed, Ports.Add(others.Except(Ports[opened]).Except(Ports[closed])));
    }

    private int Number(Outcome outcome)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numberOfOutcome, outcome, out var known);
        if (known)
            return number;
        _all.Add(outcome);
        return number = _all.Count - 1;
    }
}
