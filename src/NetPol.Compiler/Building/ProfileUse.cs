using NetPol.Compiler.Flattening;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>Counts references to the port policies of one node and to their decisions.</summary>
internal sealed class ProfileUse(VerdictTable verdicts)
{
    private readonly UseCounts _profiles = new();
    private readonly UseCounts _decisions = new();

    public ProfileId Use(int profile)
    {
        _profiles.Add(profile);
        return verdicts.Profile(profile).Id;
    }

    /// <summary>Removes one reference.</summary>
    public ProfileId Release(int profile)
    {
        _profiles.Remove(profile);
        return verdicts.Profile(profile).Id;
    }

    /// <summary>Returns the changes since the last call, ordered by id.</summary>
    public (Change<PortProfile> Profiles, Change<Decision> Decisions) TakeChanges()
    {
        var (begun, ended) = _profiles.TakeChanges();
        foreach (var decision in begun.SelectMany(Decisions))
            _decisions.Add(decision);
        foreach (var decision in ended.SelectMany(Decisions))
            _decisions.Remove(decision);
        var profiles = new Change<PortProfile>(Profiles(ended), Profiles(begun));
        (begun, ended) = _decisions.TakeChanges();
        return (profiles, new(DecisionsOf(ended), DecisionsOf(begun)));
    }

    private ValueArray<PortProfile> Profiles(List<int> numbers) => numbers.Select(verdicts.Profile).OrderBy(p => p.Id).ToValueArray();

    private ValueArray<Decision> DecisionsOf(List<int> numbers) => numbers.Select(verdicts.Decision).OrderBy(d => d.Id).ToValueArray();

    private IEnumerable<int> Decisions(int profile)
    {
        var content = verdicts.Profile(profile);
        return content.Cells.Select(c => c.Decision).Append(content.Otherwise).Distinct().Select(verdicts.NumberOf);
    }
}
