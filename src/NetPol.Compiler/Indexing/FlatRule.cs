using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>
/// A rule after failing closed. An unknown part makes it match nothing, and then there is no rule, or every peer or port.
/// </summary>
/// <param name="Policy">The rule's policy.</param>
/// <param name="Rule">The rule as written.</param>
/// <param name="Action">Its action. Deny for a Pass rule that fails closed.</param>
/// <param name="Everyone">Whether it matches every peer. Then <paramref name="Traits"/> is empty.</param>
/// <param name="Traits">The matchers, in order. A peer must have one of them.</param>
/// <param name="EveryPort">Whether it matches every port of every protocol. Then both lists of ports are empty.</param>
/// <param name="Numbers">Ports by number.</param>
/// <param name="Names">Ports by name, resolved on the destination.</param>
internal sealed record FlatRule(
    Policy Policy,
    Rule Rule,
    RuleAction Action,
    bool Everyone,
    int[] Traits,
    bool EveryPort,
    (Protocol Protocol, PortRange Range)[] Numbers,
    PortMatch.Named[] Names);
