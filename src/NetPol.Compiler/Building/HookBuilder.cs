using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>Collects the parts of one hook's rules in terms of numbers and writes them out in order.</summary>
internal sealed class HookBuilder(SnapshotIndex index, ClassIds classIds, ProfileUse profiles, CellRows rows)
{
    private readonly List<(IpAddress Address, int Class)> _peers = [];
    private readonly List<(AddressRange Range, int Class)> _networks = [];
    private readonly Dictionary<int, ClassId> _classes = [];
    private readonly List<ClassCell> _cells = [];
    private readonly List<(int Address, int Profile)> _row = [];

    public void AddPeer(IpAddress address, int peerClass)
    {
        _classes.TryAdd(peerClass, default);
        _peers.Add((address, peerClass));
    }

    public void AddNetwork(AddressRange range, int peerClass)
    {
        _classes.TryAdd(peerClass, default);
        _networks.Add((range, peerClass));
    }

    /// <param name="local">The hook's subjects.</param>
    /// <param name="self">The subjects with a profile of their own for themselves, ascending.</param>
    /// <param name="defaultProfile">What a subject has that is not judged: it is left out when nothing else applies to it.</param>
    public HookRules Build(LocalSubjects local, List<(int Address, int Profile)> self, int defaultProfile)
    {
        foreach (var peerClass in _classes.Keys)
            _classes[peerClass] = classIds.Of(peerClass);
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
            Peers = Convert(_peers, p => new PeerAddress(p.Address, _classes[p.Class])),
            Networks = Convert(_networks, n => new PeerNetwork(n.Range, _classes[n.Class])),
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

    private static ValueArray<TOut> Convert<TIn, TOut>(List<TIn> items, Converter<TIn, TOut> convert)
    {
        var converted = new TOut[items.Count];
        for (var i = 0; i < converted.Length; i++)
            converted[i] = convert(items[i]);
        return ValueArray.Own(converted);
    }
}
