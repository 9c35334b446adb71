using Google.Protobuf;
using Google.Protobuf.Collections;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Protocol;

/// <summary>Reads the facts of an update part by part, in the order of their lists; what cannot be a fact throws <see cref="ProtocolException"/>.</summary>
internal sealed class DeltaBuilder
{
    private readonly Lists<IpAddress> _nodeAddresses = new();
    private readonly Lists<IpAddress> _allNodeAddresses = new();
    private readonly Lists<Cidr> _podNetworks = new();
    private readonly Lists<IpAddress> _knownPods = new();
    private readonly Lists<GrantedSource> _grantedSources = new();
    private readonly Lists<Decision> _decisions = new();
    private readonly Lists<PortProfile> _profiles = new();
    private readonly Hook _egress = new();
    private readonly Hook _ingress = new();
    private readonly Hook _egressToNode = new();

    public void Add(Wire.Facts facts, bool isAdded)
    {
        _nodeAddresses.Add(facts.NodeAddresses, Address, isAdded);
        _allNodeAddresses.Add(facts.AllNodeAddresses, Address, isAdded);
        _podNetworks.Add(facts.PodNetworks, Network, isAdded);
        _knownPods.Add(facts.KnownPods, Address, isAdded);
        _grantedSources.Add(facts.GrantedSources, Granted, isAdded);
        _decisions.Add(facts.Decisions, WireDecision.Read, isAdded);
        _profiles.Add(facts.Profiles, Profile, isAdded);
        _egress.Add(facts.Egress, isAdded);
        _ingress.Add(facts.Ingress, isAdded);
        _egressToNode.Add(facts.EgressToNode, isAdded);
    }

    public NodeRuleSetDelta Build(string node) => new()
    {
        Node = node,
        NodeAddresses = _nodeAddresses.Build(),
        AllNodeAddresses = _allNodeAddresses.Build(),
        PodNetworks = _podNetworks.Build(),
        KnownPods = _knownPods.Build(),
        GrantedSources = _grantedSources.Build(),
        Decisions = _decisions.Build(),
        Profiles = _profiles.Build(),
        Egress = _egress.Build(),
        Ingress = _ingress.Build(),
        EgressToNode = _egressToNode.Build(),
    };

    private static SubjectProfile Subject(Wire.SubjectProfile wire) => new(Address(wire.Subject), new(WireId.Join(wire.ProfileHigh, wire.ProfileLow)));

    private static ClassCell Cell(Wire.Cell wire) =>
        new(new(WireId.Join(wire.ClassHigh, wire.ClassLow)), Address(wire.Subject), new(WireId.Join(wire.ProfileHigh, wire.ProfileLow)));

    private static ValueArray<ClassId> Classes(RepeatedField<ulong> halves)
    {
        if (halves.Count % 2 != 0)
            throw new ProtocolException($"the ids of classes have {halves.Count} halves");
        var classes = new ClassId[halves.Count / 2];
        for (var i = 0; i < classes.Length; i++)
            classes[i] = new(WireId.Join(halves[2 * i], halves[(2 * i) + 1]));
        return ValueArray.Own(classes);
    }

    public static IpAddress Address(ByteString bytes) => bytes.Length is 4 or 16
        ? IpAddress.FromBytes(bytes.Span)
        : throw new ProtocolException($"an address has {bytes.Length} bytes");

    private static GrantedSource Granted(Wire.GrantedSource wire) => wire.Sources is { } sources
        ? new(Address(wire.Pod), Network(sources))
        : throw new ProtocolException("a granted source names no network");

    private static Cidr Network(Wire.Network wire)
    {
        var address = Address(wire.Address);
        return wire.PrefixLength <= address.Bits
            ? Cidr.Of(address, (int)wire.PrefixLength)
            : throw new ProtocolException($"the network of {address} has a prefix of {wire.PrefixLength} bits");
    }

    private static AddressRange Range(Wire.PeerNetwork wire)
    {
        var range = new AddressRange(Address(wire.First), Address(wire.Last));
        return range.First.Family == range.Last.Family && range.First <= range.Last
            ? range
            : throw new ProtocolException($"an interval goes from {range.First} to {range.Last}");
    }

    private static PortProfile Profile(Wire.Profile wire) => new(wire.Cells.Select(PortCell).ToValueArray(), new(WireId.Join(wire.OtherwiseHigh, wire.OtherwiseLow)));

    private static PortCell PortCell(Wire.PortCell wire) =>
        wire.Protocol <= byte.MaxValue && wire.FirstPort <= wire.LastPort && wire.LastPort <= ushort.MaxValue
            ? new((Model.Protocol)wire.Protocol, new((ushort)wire.FirstPort, (ushort)wire.LastPort), new(WireId.Join(wire.DecisionHigh, wire.DecisionLow)))
            : throw new ProtocolException($"a cell has protocol {wire.Protocol} and ports {wire.FirstPort} to {wire.LastPort}");

    private sealed class Hook
    {
        private readonly Lists<SubjectProfile> _rest = new();
        private readonly Lists<SubjectProfile> _self = new();
        private readonly Lists<PeerAddress> _peers = new();
        private readonly Lists<PeerNetwork> _networks = new();
        private readonly Lists<ClassId> _classes = new();
        private readonly Lists<ClassCell> _cells = new();

        public void Add(Wire.HookFacts? facts, bool isAdded)
        {
            if (facts is null)
                return;
            _rest.Add(facts.Rest, Subject, isAdded);
            _self.Add(facts.Self, Subject, isAdded);
            _peers.Add(facts.Peers, p => new(Address(p.Address), new(WireId.Join(p.ClassHigh, p.ClassLow))), isAdded);
            _networks.Add(facts.Networks, n => new(Range(n), new(WireId.Join(n.ClassHigh, n.ClassLow))), isAdded);
            _classes.Add(Classes(facts.ClassHalves), c => c, isAdded);
            _cells.Add(facts.Cells, Cell, isAdded);
        }

        public HookRulesDelta Build() => new()
        {
            Rest = _rest.Build(),
            Self = _self.Build(),
            Peers = _peers.Build(),
            Networks = _networks.Build(),
            Classes = _classes.Build(),
            Cells = _cells.Build(),
        };
    }

    private sealed class Lists<T>
    {
        private readonly List<T> _removed = [];
        private readonly List<T> _added = [];

        public void Add<TWire>(IEnumerable<TWire> facts, Func<TWire, T> read, bool isAdded) => (isAdded ? _added : _removed).AddRange(facts.Select(read));

        public Change<T> Build() => new(_removed.ToValueArray(), _added.ToValueArray());
    }
}
