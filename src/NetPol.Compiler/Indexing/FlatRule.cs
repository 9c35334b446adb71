using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>
/// A rule as it works, after failing closed: what is not understood has become "nothing" (then there is no such rule) or "everyone".
/// </summary>
/// <param name="Policy">The rule's policy.</param>
/// <param name="Rule">The rule as written.</param>
/// <param name="Action">What it does; a Deny where a Pass fails closed.</param>
/// <param name="Everyone">It matches every peer; then <paramref name="Traits"/> is empty.</param>
/// <param name="Traits">The traits of which a peer needs one, in order.</param>
/// <param name="EveryPort">It matches every port of every protocol; then the two lists of ports are empty.</param>
/// <param name="Numbers">Ports by number.</param>
/// <param name="Names">Ports by name, to be resolved on the destination.</param>
internal sealed record FlatRule(
    Policy Policy,
    Rule Rule,
    RuleAction Action,
    bool Everyone,
    int[] Traits,
    bool EveryPort,
    (Protocol Protocol, PortRange Range)[] Numbers,
    PortMatch.Named[] Names);
