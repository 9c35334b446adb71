using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>Collects the parts of one hook's rules in terms of numbers and writes them out in order.</summary>
internal sealed class HookBuilder(ClassIds classIds, CellRows rows)
{
    private readonly List<PeerAddress> _peers = [];
    private readonly List<PeerNetwork> _networks = [];
    private readonly List<ClassCell> _cells = [];
    private readonly List<(int Subject, int Profile)> _row = [];

    public void AddPeer(HookState hook, IpAddress address, int peerClass)
    {
        _peers.Add(new(address, classIds.Of(peerClass)));
        hook.Classes.Add(peerClass);
    }

    public void AddNetwork(HookState hook, AddressRange range, int peerClass)
    {
        _networks.Add(new(range, classIds.Of(peerClass)));
        hook.Classes.Add(peerClass);
    }

    /// <param name="hook">The hook, with every class that was added.</param>
    /// <param name="profiles">The node's profiles.</param>
    /// <param name="self">The subjects with a profile of their own for themselves, ascending.</param>
    /// <param name="defaultProfile">What a subject has that is not judged: it is left out when nothing else applies to it.</param>
    public HookRules Build(HookState hook, ProfileUse profiles, List<(int Subject, int Profile)> self, int defaultProfile)
    {
        var local = hook.Local;
        var classes = hook.Classes.Used.Select(c => (Class: c, Id: classIds.Of(c))).OrderBy(c => c.Id).ToArray();
        foreach (var (peerClass, id) in classes)
            AddCells(hook, profiles, peerClass, id);
        hook.Self.UnionWith(self.Select(s => s.Subject));
        var result = new HookRules
        {
            Rest = Enumerable.Range(0, local.Count)
                .Where(s => hook.Judged.IsUsed(local.GroupOf(s)) || local.Groups[local.GroupOf(s)].Rest != defaultProfile || hook.Self.Contains(s))
                .Select(s => new SubjectProfile(local.Address(s), profiles.Use(local.Groups[local.GroupOf(s)].Rest))).ToValueArray(),
            Self = self.Select(s => new SubjectProfile(local.Address(s.Subject), profiles.Use(s.Profile))).ToValueArray(),
            Peers = _peers.ToValueArray(),
            Networks = _networks.ToValueArray(),
            Classes = classes.Select(c => c.Id).ToValueArray(),
            Cells = _cells.ToValueArray(),
        };
        _peers.Clear();
        _networks.Clear();
        _cells.Clear();
        hook.Classes.TakeChanges();
        hook.Judged.TakeChanges();
        return result;
    }

    private void AddCells(HookState hook, ProfileUse profiles, int peerClass, ClassId id)
    {
        _row.Clear();
        foreach (var (group, profile) in rows.Of(peerClass))
        {
            hook.Judged.Add(group);
            foreach (var subject in hook.Local.Members(group))
                _row.Add((subject, profile));
        }
        _row.Sort();
        foreach (var (subject, profile) in _row)
            _cells.Add(new(id, hook.Local.Address(subject), profiles.Use(profile)));
    }
}
