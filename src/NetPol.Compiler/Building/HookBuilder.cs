using System.Runtime.InteropServices;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>Collects the parts of one hook's rules in terms of numbers and writes them out in order.</summary>
internal sealed class HookBuilder(SnapshotIndex index, ClassIds classIds, ProfileUse profiles, CellRows rows)
{
    private readonly List<PeerAddress> _peers = [];
    private readonly List<PeerNetwork> _networks = [];
    private readonly Dictionary<int, ClassId> _classes = [];
    private readonly List<ClassCell> _cells = [];
    private readonly List<(int Address, int Profile)> _row = [];

    public void AddPeer(IpAddress address, int peerClass) => _peers.Add(new(address, IdOf(peerClass)));

    public void AddNetwork(AddressRange range, int peerClass) => _networks.Add(new(range, IdOf(peerClass)));

    /// <param name="local">The hook's subjects.</param>
    /// <param name="self">The subjects with a profile of their own for themselves, ascending.</param>
    /// <param name="defaultProfile">What a subject has that is not judged: it is left out when nothing else applies to it.</param>
    public HookRules Build(LocalSubjects local, List<(int Address, int Profile)> self, int defaultProfile)
    {
        var classes = _classes.OrderBy(c => c.Value).ToArray();
        var judged = new bool[local.Groups.Count];
        foreach (var (peerClass, id) in classes)
            AddCells(peerClass, id, local, judged);
        var ofSelf = self.Select(s => s.Address).ToHashSet();
        var result = new HookRules
        {
            Rest = local.Subjects
                .Where(s => judged[s.Group] || local.Groups[s.Group].Rest != defaultProfile || ofSelf.Contains(s.Address))
                .Select(s => Subject(s.Address, local.Groups[s.Group].Rest)).ToValueArray(),
            Self = self.Select(s => Subject(s.Address, s.Profile)).ToValueArray(),
            Peers = _peers.ToValueArray(),
            Networks = _networks.ToValueArray(),
            Classes = classes.Select(c => c.Value).ToValueArray(),
            Cells = _cells.ToValueArray(),
        };
        _peers.Clear();
        _networks.Clear();
        _classes.Clear();
        _cells.Clear();
        return result;
    }

    private void AddCells(int peerClass, ClassId id, LocalSubjects local, bool[] judged)
    {
        _row.Clear();
        foreach (var (group, profile) in rows.Of(peerClass))
        {
            judged[group] = true;
            foreach (var address in local.Members(group))
                _row.Add((address, profile));
        }
        _row.Sort();
        foreach (var (address, profile) in _row)
            _cells.Add(new(id, index.Endpoints.Addresses[address], profiles.Use(profile)));
    }

    private SubjectProfile Subject(int address, int profile) => new(index.Endpoints.Addresses[address], profiles.Use(profile));

    private ClassId IdOf(int peerClass)
    {
        ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(_classes, peerClass, out var known);
        return known ? id : id = classIds.Of(peerClass);
    }
}
