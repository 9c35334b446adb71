using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Reaching;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Comparing;

/// <summary>Numbers the ways in which one side of connections is judged in two worlds.</summary>
/// <param name="verdicts">Numbers the profiles of both worlds.</param>
/// <param name="ports">Numbers sets of ports.</param>
/// <param name="deciders">Whether it is a change that others decide.</param>
internal sealed class SideOutcomes(VerdictTable verdicts, PortSetTable ports, bool deciders)
{
    private readonly Dictionary<(int Old, int New), int> _numbers = [];
    private readonly List<(int Old, int New, int Outcome)> _all = [];
    private readonly Dictionary<SideOutcome, int> _numberOfOutcome = [];
    private readonly List<SideOutcome> _outcomes = [];
    private readonly AllowedPorts _allowed = new(verdicts, ports);

    /// <summary>The number of two profiles.</summary>
    public int NumberOf(int old, int now)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, (old, now), out var known);
        if (known)
            return number;
        _all.Add((old, now, Add(new(_allowed.Of(old), _allowed.Of(now), deciders ? ports.Add(Otherwise(old, now)) : PortSetTable.Nothing))));
        return number = _all.Count - 1;
    }

    /// <summary>The number of what matters of two profiles: there are far fewer of these.</summary>
    public int OutcomeOf(int number) => _all[number].Outcome;

    public SideOutcome Outcome(int outcome) => _outcomes[outcome];

    /// <summary>Who decides about the ports in the old world, or in the new one.</summary>
    public IEnumerable<Decision> Deciding(int number, bool old, PortSet asked)
    {
        var profile = verdicts.Profile(old ? _all[number].Old : _all[number].New);
        return Decisions(profile).Where(id => !Where(profile, id).And(asked).IsEmpty).Select(Decision);
    }

    private static PortSet Where(PortProfile profile, DecisionId decision) => profile.PortsWhere(id => id == decision);

    private static IEnumerable<DecisionId> Decisions(PortProfile profile) => profile.Cells.Select(c => c.Decision).Append(profile.Otherwise).Distinct();

    private int Add(SideOutcome outcome)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numberOfOutcome, outcome, out var known);
        if (known)
            return number;
        _outcomes.Add(outcome);
        return number = _outcomes.Count - 1;
    }

    private PortSet Otherwise(int old, int now)
    {
        if (old == now)
            return PortSet.Nothing;
        var (before, after) = (verdicts.Profile(old), verdicts.Profile(now));
        return Decisions(before).Aggregate(PortSet.Everything, (undecided, id) => undecided.Except(Where(before, id).And(Where(after, id))));
    }

    private Decision Decision(DecisionId id) => verdicts.Decision(verdicts.NumberOf(id));
}
