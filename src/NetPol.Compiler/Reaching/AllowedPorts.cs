using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Reaching;

/// <summary>Numbers the set of ports that each profile allows.</summary>
internal sealed class AllowedPorts(VerdictTable verdicts, PortSetTable ports)
{
    private readonly Dictionary<int, int> _ofProfile = [];

    public int Of(int profile)
    {
        ref var allowed = ref CollectionsMarshal.GetValueRefOrAddDefault(_ofProfile, profile, out var known);
        if (!known)
            allowed = ports.Add(verdicts.Profile(profile).PortsWhere(id => verdicts.Decision(verdicts.NumberOf(id)).Verdict == Verdict.Allow));
        return allowed;
    }
}
