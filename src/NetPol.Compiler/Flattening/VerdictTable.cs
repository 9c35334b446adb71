using System.Runtime.InteropServices;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Flattening;

/// <summary>Numbers decisions and profiles; the same content gets the same number.</summary>
internal sealed class VerdictTable
{
    private readonly Dictionary<DecisionId, int> _decisionNumbers = [];
    private readonly Dictionary<ProfileId, int> _profileNumbers = [];
    private readonly List<Decision> _decisions = [];
    private readonly List<PortProfile> _profiles = [];

    public int Profiles => _profiles.Count;

    public Decision Decision(int number) => _decisions[number];

    public Decision Decision(DecisionId id) => _decisions[_decisionNumbers[id]];

    public PortProfile Profile(int number) => _profiles[number];

    public int Add(Decision decision)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_decisionNumbers, decision.Id, out var known);
        if (known)
            return _decisions[number] == decision ? number : throw Collision(decision, _decisions[number]);
        _decisions.Add(decision);
        return number = _decisions.Count - 1;
    }

    public int Add(PortProfile profile)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_profileNumbers, profile.Id, out var known);
        if (known)
            return _profiles[number] == profile ? number : throw Collision(profile, _profiles[number]);
        _profiles.Add(profile);
        return number = _profiles.Count - 1;
    }

    private static InvalidOperationException Collision(object one, object other) => new($"two contents have one id: {one} and {other}");
}
