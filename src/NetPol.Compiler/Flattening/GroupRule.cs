using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Flattening;

/// <summary>A rule as it applies to a group of subjects.</summary>
/// <param name="Flat">The rule.</param>
/// <param name="Ports">Its ports by number; in ingress with the named ones, resolved on the subjects.</param>
/// <param name="PortTraits">In egress: the traits that its named ports stand for, to be looked for in the peer.</param>
internal sealed record GroupRule(FlatRule Flat, (Protocol Protocol, PortRange Range)[] Ports, int[] PortTraits)
{
    public Tier Tier => Flat.Policy.Tier;
}
