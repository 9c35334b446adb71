using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Flattening;

/// <summary>A rule as it applies to the subjects of a policy set.</summary>
/// <param name="Flat">The rule.</param>
/// <param name="Ports">Its ports by number. For ingress including the named ports, resolved on the subjects.</param>
/// <param name="PortTraits">For egress: the port matchers of its named ports, to be resolved on the peer.</param>
internal sealed record GroupRule(FlatRule Flat, (Protocol Protocol, PortRange Range)[] Ports, int[] PortTraits)
{
    public Tier Tier => Flat.Policy.Tier;
}
