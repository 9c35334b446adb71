using NetPol.Compiler.Flattening;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>Remembers which profiles a node uses.</summary>
internal sealed class ProfileUse(VerdictTable verdicts)
{
    private readonly HashSet<int> _used = [];

    public ProfileId Use(int profile)
    {
        _used.Add(profile);
        return verdicts.Profile(profile).Id;
    }

    /// <summary>The profiles used since the last call and the decisions they name, each by id.</summary>
    public (ValueArray<PortProfile> Profiles, ValueArray<Decision> Decisions) Take()
    {
        var profiles = _used.Select(verdicts.Profile).OrderBy(p => p.Id).ToValueArray();
        var decisions = profiles.SelectMany(p => p.Cells.Select(c => c.Decision).Append(p.Otherwise)).Distinct().Order()
            .Select(verdicts.Decision).ToValueArray();
        _used.Clear();
        return (profiles, decisions);
    }
}
