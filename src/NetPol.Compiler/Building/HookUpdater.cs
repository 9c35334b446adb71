using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>Tells what changed peers change in a hook whose subjects stay. Traits, rows and classes must have begun with the hook.</summary>
internal sealed class HookUpdater(PeerClasses peers, ClassIds classIds, CellRows rows)
{
    private readonly List<PeerAddress> _peersRemoved = [], _peersAdded = [];
    private readonly List<ClassCell> _cellsRemoved = [], _cellsAdded = [];
    private readonly List<SubjectProfile> _restRemoved = [], _restAdded = [];

    /// <param name="hook">The hook, as it was before.</param>
    /// <param name="profiles">The node's profiles.</param>
    /// <param name="changes">Addresses of pods, each once, with the kinds that they had and have.</param>
    /// <param name="defaultProfile">What a subject has that is not judged.</param>
    public HookRulesDelta Update(HookState hook, ProfileUse profiles, List<AddressChange> changes, int defaultProfile)
    {
        foreach (var change in changes)
            Update(hook, change);
        var (begun, ended) = hook.Classes.TakeChanges();
        foreach (var peerClass in ended)
            RemoveCells(hook, profiles, peerClass);
        foreach (var peerClass in begun)
            AddCells(hook, profiles, peerClass);
        var (judged, unjudged) = hook.Judged.TakeChanges();
        foreach (var subject in Unlisted(hook, unjudged, defaultProfile))
            _restRemoved.Add(new(hook.Local.Address(subject), profiles.Release(defaultProfile)));
        foreach (var subject in Unlisted(hook, judged, defaultProfile))
            _restAdded.Add(new(hook.Local.Address(subject), profiles.Use(defaultProfile)));
        return new()
        {
            Rest = new(Take(_restRemoved, r => r.Subject), Take(_restAdded, r => r.Subject)),
            Peers = new(Take(_peersRemoved, p => p.Address), Take(_peersAdded, p => p.Address)),
            Classes = new(Ids(ended), Ids(begun)),
            Cells = new(Take(_cellsRemoved, c => (c.Class, c.Subject)), Take(_cellsAdded, c => (c.Class, c.Subject))),
        };
    }

    private static ValueArray<T> Take<T, TKey>(List<T> items, Func<T, TKey> key)
    {
        var sorted = items.OrderBy(key).ToValueArray();
        items.Clear();
        return sorted;
    }

    /// <summary>The subjects of groups that are listed for nothing but being judged.</summary>
    private static IEnumerable<int> Unlisted(HookState hook, List<int> groups, int defaultProfile) =>
        groups.Where(g => hook.Local.Groups[g].Rest == defaultProfile).SelectMany(hook.Local.Members).Where(s => !hook.Self.Contains(s));

    private ValueArray<ClassId> Ids(List<int> numbers) => numbers.Select(classIds.Of).Order().ToValueArray();

    private void Update(HookState hook, AddressChange change)
    {
        var network = hook.NetworkOf(change.Address);
        var (before, after) = (Entry(change.Before, network), Entry(change.After, network));
        if (before == after)
            return;
        if (before is { } left)
        {
            _peersRemoved.Add(new(change.Address, classIds.Of(left)));
            hook.Classes.Remove(left);
        }
        if (after is { } come)
        {
            _peersAdded.Add(new(change.Address, classIds.Of(come)));
            hook.Classes.Add(come);
        }
    }

    /// <summary>The class under which an address is listed; null where it is not.</summary>
    private int? Entry(int kind, int network)
    {
        if (kind == Endpoints.None)
            return null;
        var peerClass = peers.Of(kind, network);
        return peerClass == network || rows.AreSame(peerClass, network) ? null : peerClass;
    }

    private void RemoveCells(HookState hook, ProfileUse profiles, int peerClass)
    {
        foreach (var (group, profile) in rows.Of(peerClass))
        {
            hook.Judged.Remove(group);
            foreach (var subject in hook.Local.Members(group))
                _cellsRemoved.Add(new(classIds.Of(peerClass), hook.Local.Address(subject), profiles.Release(profile)));
        }
    }

    private void AddCells(HookState hook, ProfileUse profiles, int peerClass)
    {
        foreach (var (group, profile) in rows.Of(peerClass))
        {
            hook.Judged.Add(group);
            foreach (var subject in hook.Local.Members(group))
                _cellsAdded.Add(new(classIds.Of(peerClass), hook.Local.Address(subject), profiles.Use(profile)));
        }
    }
}
