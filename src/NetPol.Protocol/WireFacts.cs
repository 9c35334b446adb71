using Google.Protobuf;
using Google.Protobuf.Collections;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Protocol;

/// <summary>A fact on its way to the wire.</summary>
/// <param name="Added">Whether it comes; else it goes.</param>
/// <param name="Size">What it adds to an encoded message at most, in bytes; the heads of the messages around it apart.</param>
/// <param name="Put">Puts it there.</param>
internal readonly record struct WireFact(bool Added, int Size, Action<Wire.Facts> Put);

/// <summary>The facts of a difference one by one, in the order of <see cref="NodeRuleSetDelta"/>, each with the way to put it on the wire.</summary>
internal static class WireFacts
{
    /// <summary>The tag of a field below 16.</summary>
    private const int Tag = 1;

    public static IEnumerable<WireFact> Of(NodeRuleSetDelta change) =>
        Each(change.NodeAddresses, Bytes, (f, a) => f.NodeAddresses.Add(a))
            .Concat(Each(change.AllNodeAddresses, Bytes, (f, a) => f.AllNodeAddresses.Add(a)))
            .Concat(Each(change.PodNetworks, Prefix, (f, n) => f.PodNetworks.Add(n)))
            .Concat(Each(change.KnownPods, Bytes, (f, a) => f.KnownPods.Add(a)))
            .Concat(Each(change.GrantedSources, g => new Wire.GrantedSource { Pod = Bytes(g.Pod), Sources = Prefix(g.Sources) }, (f, g) => f.GrantedSources.Add(g)))
            .Concat(Each(change.Decisions, WireDecision.Write, (f, d) => f.Decisions.Add(d)))
            .Concat(Each(change.Profiles, Profile, (f, p) => f.Profiles.Add(p)))
            .Concat(Of(change.Egress, f => f.Egress ??= new()))
            .Concat(Of(change.Ingress, f => f.Ingress ??= new()))
            .Concat(Of(change.EgressToNode, f => f.EgressToNode ??= new()));

    private static IEnumerable<WireFact> Of(HookRulesDelta change, Func<Wire.Facts, Wire.HookFacts> hook) =>
        Each(change.Rest, Subject, (f, r) => hook(f).Rest.Add(r))
            .Concat(Each(change.Self, Subject, (f, s) => hook(f).Self.Add(s)))
            .Concat(Each(change.Peers, Peer, (f, p) => hook(f).Peers.Add(p)))
            .Concat(Each(change.Networks, Network, (f, n) => hook(f).Networks.Add(n)))
            .Concat(Each(change.Classes, c => c.Value, (f, c) => Add(hook(f).ClassHalves, c)))
            .Concat(Each(change.Cells, Cell, (f, c) => hook(f).Cells.Add(c)));

    private static IEnumerable<WireFact> Each<T, TWire>(Change<T> change, Func<T, TWire> write, Action<Wire.Facts, TWire> put)
        where TWire : notnull
    {
        foreach (var item in (IEnumerable<T>)change.Removed)
            yield return Fact(false, write(item), put);
        foreach (var item in (IEnumerable<T>)change.Added)
            yield return Fact(true, write(item), put);
    }

    private static WireFact Fact<TWire>(bool added, TWire item, Action<Wire.Facts, TWire> put)
        where TWire : notnull => new(added, SizeOf(item), facts => put(facts, item));

    private static int SizeOf(object item) => Tag + item switch
    {
        IMessage message => CodedOutputStream.ComputeMessageSize(message),
        ByteString bytes => CodedOutputStream.ComputeBytesSize(bytes),
        UInt128 => 2 * sizeof(ulong),
        _ => throw new InvalidOperationException($"the size of {item} is not known"),
    };

    private static Wire.SubjectProfile Subject(SubjectProfile subject) =>
        new() { Subject = Bytes(subject.Subject), ProfileHigh = WireId.High(subject.Profile.Value), ProfileLow = WireId.Low(subject.Profile.Value) };

    private static Wire.PeerAddress Peer(PeerAddress peer) =>
        new() { Address = Bytes(peer.Address), ClassHigh = WireId.High(peer.Class.Value), ClassLow = WireId.Low(peer.Class.Value) };

    private static Wire.PeerNetwork Network(PeerNetwork network) => new()
    {
        First = Bytes(network.Range.First),
        Last = Bytes(network.Range.Last),
        ClassHigh = WireId.High(network.Class.Value),
        ClassLow = WireId.Low(network.Class.Value),
    };

    private static void Add(RepeatedField<ulong> halves, UInt128 id)
    {
        halves.Add(WireId.High(id));
        halves.Add(WireId.Low(id));
    }

    private static Wire.Cell Cell(ClassCell cell) => new()
    {
        ClassHigh = WireId.High(cell.Class.Value),
        ClassLow = WireId.Low(cell.Class.Value),
        Subject = Bytes(cell.Subject),
        ProfileHigh = WireId.High(cell.Profile.Value),
        ProfileLow = WireId.Low(cell.Profile.Value),
    };

    private static Wire.Profile Profile(PortProfile profile)
    {
        var wire = new Wire.Profile { OtherwiseHigh = WireId.High(profile.Otherwise.Value), OtherwiseLow = WireId.Low(profile.Otherwise.Value) };
        foreach (var cell in profile.Cells)
        {
            wire.Cells.Add(new Wire.PortCell
            {
                Protocol = (byte)cell.Protocol,
                FirstPort = cell.Ports.First,
                LastPort = cell.Ports.Last,
                DecisionHigh = WireId.High(cell.Decision.Value),
                DecisionLow = WireId.Low(cell.Decision.Value),
            });
        }
        return wire;
    }

    private static Wire.Network Prefix(Cidr network) => new() { Address = Bytes(network.Network), PrefixLength = (uint)network.PrefixLength };

    private static ByteString Bytes(IpAddress address) => UnsafeByteOperations.UnsafeWrap(address.ToBytes());
}
