using Google.Protobuf;
using Google.Protobuf.Collections;
using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Protocol.Wire;
using PeerAddress = NetPol.Model.Rules.PeerAddress;
using PeerNetwork = NetPol.Model.Rules.PeerNetwork;
using PortCell = NetPol.Model.Rules.PortCell;
using SubjectProfile = NetPol.Model.Rules.SubjectProfile;

namespace NetPol.Protocol;

/// <summary>Reads facts of the wire; whatever cannot be one throws <see cref="ProtocolException"/>.</summary>
internal static class FactsReader
{
    public static NodeRuleSetDelta Delta(string node, Facts removed, Facts added) => new()
    {
        Node = node,
        NodeAddresses = Of(removed.NodeAddresses, added.NodeAddresses, Address),
        AllNodeAddresses = Of(removed.AllNodeAddresses, added.AllNodeAddresses, Address),
        PodNetworks = Of(removed.PodNetworks, added.PodNetworks, Network),
        KnownPods = Of(removed.KnownPods, added.KnownPods, Address),
        Decisions = Of(removed.Decisions, added.Decisions, WireDecision.Read),
        Profiles = Of(removed.Profiles, added.Profiles, Profile),
        Egress = Hook(removed.Egress, added.Egress),
        Ingress = Hook(removed.Ingress, added.Ingress),
        EgressToNode = Hook(removed.EgressToNode, added.EgressToNode),
    };

    private static HookRulesDelta Hook(HookFacts? removed, HookFacts? added)
    {
        if (removed is null && added is null)
            return HookRulesDelta.Empty;
        (removed, added) = (removed ?? new(), added ?? new());
        return new()
        {
            Rest = Of(removed.Rest, added.Rest, Subject),
            Self = Of(removed.Self, added.Self, Subject),
            Peers = Of(removed.Peers, added.Peers, p => new PeerAddress(Address(p.Address), new(WireId.Join(p.ClassHigh, p.ClassLow)))),
            Networks = Of(removed.Networks, added.Networks, n => new PeerNetwork(Range(n), new(WireId.Join(n.ClassHigh, n.ClassLow)))),
            Classes = new(Classes(removed.ClassHalves), Classes(added.ClassHalves)),
            Cells = Of(removed.Cells, added.Cells, Cell),
        };
    }

    private static Change<T> Of<TWire, T>(IEnumerable<TWire> removed, IEnumerable<TWire> added, Func<TWire, T> read) =>
        new(removed.Select(read).ToValueArray(), added.Select(read).ToValueArray());

    private static SubjectProfile Subject(Wire.SubjectProfile wire) => new(Address(wire.Subject), new(WireId.Join(wire.ProfileHigh, wire.ProfileLow)));

    private static ClassCell Cell(Cell wire) =>
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

    private static Cidr Network(Network wire)
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

    private static PortProfile Profile(Profile wire) => new(wire.Cells.Select(PortCell).ToValueArray(), new(WireId.Join(wire.OtherwiseHigh, wire.OtherwiseLow)));

    private static PortCell PortCell(Wire.PortCell wire) =>
        wire.Protocol <= byte.MaxValue && wire.FirstPort <= wire.LastPort && wire.LastPort <= ushort.MaxValue
            ? new((Model.Protocol)wire.Protocol, new((ushort)wire.FirstPort, (ushort)wire.LastPort), new(WireId.Join(wire.DecisionHigh, wire.DecisionLow)))
            : throw new ProtocolException($"a cell has protocol {wire.Protocol} and ports {wire.FirstPort} to {wire.LastPort}");
}
