using Google.Protobuf;
using Google.Protobuf.Collections;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Conversion;

namespace NetPol.Protocol.RuleSets;

/// <summary>Reads the entries of an update part by part, in the order of their lists; what cannot be an entry throws <see cref="ProtocolException"/>.</summary>
internal sealed class DeltaReader
{
    private readonly ChangeLists<IpAddress> _nodeAddresses = new();
    private readonly ChangeLists<IpAddress> _allNodeAddresses = new();
    private readonly ChangeLists<Cidr> _podCidrs = new();
    private readonly ChangeLists<IpAddress> _readyPods = new();
    private readonly ChangeLists<GrantedSource> _grantedSources = new();
    private readonly ChangeLists<Decision> _decisions = new();
    private readonly ChangeLists<PortPolicy> _portPolicies = new();
    private readonly PointReader _egress = new();
    private readonly PointReader _ingress = new();
    private readonly PointReader _podToHost = new();

    public void Add(Wire.Entries entries, bool isAdded)
    {
        _nodeAddresses.Add(entries.NodeAddresses, ReadAddress, isAdded);
        _allNodeAddresses.Add(entries.AllNodeAddresses, ReadAddress, isAdded);
        _podCidrs.Add(entries.PodCidrs, ReadNetwork, isAdded);
        _readyPods.Add(entries.ReadyPods, ReadAddress, isAdded);
        _grantedSources.Add(entries.GrantedSources, ReadGrantedSource, isAdded);
        _decisions.Add(entries.Decisions, DecisionConversion.Read, isAdded);
        _portPolicies.Add(entries.PortPolicies, ReadPortPolicy, isAdded);
        _egress.Add(entries.PodEgress, isAdded);
        _ingress.Add(entries.PodIngress, isAdded);
        _podToHost.Add(entries.PodToHost, isAdded);
    }

    public NodeRuleSetDelta Build(string node) => new()
    {
        Node = node,
        NodeAddresses = _nodeAddresses.Build(),
        AllNodeAddresses = _allNodeAddresses.Build(),
        PodCidrs = _podCidrs.Build(),
        ReadyPods = _readyPods.Build(),
        GrantedSources = _grantedSources.Build(),
        Decisions = _decisions.Build(),
        PortPolicies = _portPolicies.Build(),
        PodEgress = _egress.Build(),
        PodIngress = _ingress.Build(),
        PodToHost = _podToHost.Build(),
    };

    private static SubjectPortPolicy ReadSubject(Wire.SubjectPortPolicy wire) => new(ReadAddress(wire.Subject), new(IdConversion.Join(wire.PortPolicyHigh, wire.PortPolicyLow)));

    private static PolicyEntry ReadPolicyEntry(Wire.PolicyEntry wire) =>
        new(new(IdConversion.Join(wire.IdentityHigh, wire.IdentityLow)), ReadAddress(wire.Subject), new(IdConversion.Join(wire.PortPolicyHigh, wire.PortPolicyLow)));

    private static ValueArray<PeerIdentity> ReadIdentities(RepeatedField<ulong> halves)
    {
        if (halves.Count % 2 != 0)
            throw new ProtocolException($"the ids of classes have {halves.Count} halves");
        var classes = new PeerIdentity[halves.Count / 2];
        for (var i = 0; i < classes.Length; i++)
            classes[i] = new(IdConversion.Join(halves[2 * i], halves[(2 * i) + 1]));
        return ValueArray.Own(classes);
    }

    public static IpAddress ReadAddress(ByteString bytes) => bytes.Length is 4 or 16
        ? IpAddress.FromBytes(bytes.Span)
        : throw new ProtocolException($"an address has {bytes.Length} bytes");

    private static GrantedSource ReadGrantedSource(Wire.GrantedSource wire) => wire.Sources is { } sources
        ? new(ReadAddress(wire.Pod), ReadNetwork(sources))
        : throw new ProtocolException("a granted source names no network");

    private static Cidr ReadNetwork(Wire.Network wire)
    {
        var address = ReadAddress(wire.Address);
        return wire.PrefixLength <= address.Bits
            ? Cidr.Create(address, (int)wire.PrefixLength)
            : throw new ProtocolException($"the network of {address} has a prefix of {wire.PrefixLength} bits");
    }

    private static AddressRange ReadRange(Wire.PeerNetwork wire)
    {
        var range = new AddressRange(ReadAddress(wire.First), ReadAddress(wire.Last));
        return range.First.Family == range.Last.Family && range.First <= range.Last
            ? range
            : throw new ProtocolException($"an interval goes from {range.First} to {range.Last}");
    }

    private static PortPolicy ReadPortPolicy(Wire.PortPolicy wire) => new(wire.Entries.Select(ReadPortEntry).ToValueArray(), new(IdConversion.Join(wire.DefaultHigh, wire.DefaultLow)));

    private static PortEntry ReadPortEntry(Wire.PortEntry wire) =>
        wire.Protocol <= byte.MaxValue && wire.FirstPort <= wire.LastPort && wire.LastPort <= ushort.MaxValue
            ? new((NetPol.Model.Net.Protocol)wire.Protocol, new((ushort)wire.FirstPort, (ushort)wire.LastPort), new(IdConversion.Join(wire.DecisionHigh, wire.DecisionLow)))
            : throw new ProtocolException($"a port entry has protocol {wire.Protocol} and ports {wire.FirstPort} to {wire.LastPort}");

    private sealed class PointReader
    {
        private readonly ChangeLists<SubjectPortPolicy> _rest = new();
        private readonly ChangeLists<SubjectPortPolicy> _self = new();
        private readonly ChangeLists<PeerAddress> _peers = new();
        private readonly ChangeLists<PeerNetwork> _networks = new();
        private readonly ChangeLists<PeerIdentity> _classes = new();
        private readonly ChangeLists<PolicyEntry> _entries = new();

        public void Add(Wire.EnforcementEntries? entries, bool isAdded)
        {
            if (entries is null)
                return;
            _rest.Add(entries.Defaults, ReadSubject, isAdded);
            _self.Add(entries.Self, ReadSubject, isAdded);
            _peers.Add(entries.Peers, p => new(ReadAddress(p.Address), new(IdConversion.Join(p.IdentityHigh, p.IdentityLow))), isAdded);
            _networks.Add(entries.Networks, n => new(ReadRange(n), new(IdConversion.Join(n.IdentityHigh, n.IdentityLow))), isAdded);
            _classes.Add(ReadIdentities(entries.IdentityHalves), c => c, isAdded);
            _entries.Add(entries.PolicyEntries, ReadPolicyEntry, isAdded);
        }

        public EnforcementRulesDelta Build() => new()
        {
            Defaults = _rest.Build(),
            Self = _self.Build(),
            Peers = _peers.Build(),
            Networks = _networks.Build(),
            Identities = _classes.Build(),
            PolicyEntries = _entries.Build(),
        };
    }

    private sealed class ChangeLists<T>
    {
        private readonly List<T> _removed = [];
        private readonly List<T> _added = [];

        public void Add<TWire>(IEnumerable<TWire> entries, Func<TWire, T> read, bool isAdded) => (isAdded ? _added : _removed).AddRange(entries.Select(read));

        public ListChange<T> Build() => new(_removed.ToValueArray(), _added.ToValueArray());
    }
}
