using NetPol.Model.Policies;

namespace NetPol.Compiler.Using;

/// <summary>A rule that matches a peer.</summary>
/// <param name="Item">The rule's number.</param>
/// <param name="Policy">The number of its policy.</param>
/// <param name="Tier">Where it decides.</param>
/// <param name="Action">What it does; a Deny where a Pass fails closed.</param>
/// <param name="Ports">The number of the set of its ports.</param>
internal readonly record struct WalkedRule(int Item, int Policy, Tier Tier, RuleAction Action, int Ports);
