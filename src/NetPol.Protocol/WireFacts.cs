using Google.Protobuf;
using Google.Protobuf.Collections;
using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Protocol.Wire;

namespace NetPol.Protocol;

/// <summary>The facts of a difference one by one, in the order of <see cref="NodeRuleSetDelta"/>, each with the way to put it on the wire.</summary>
internal static class WireFacts
{
    public static IEnumerable<(bool Added, Action<Facts> Put)> Of(NodeRuleSetDelta change) =>
        Each(change.NodeAddresses, (f, a) => f.NodeAddresses.Add(Bytes(a)))
            .Concat(Each(change.AllNodeAddresses, (f, a) => f.AllNodeAddresses.Add(Bytes(a))))
            .Concat(Each(change.PodNetworks, (f, n) => f.PodNetworks.Add(new Network { Address = Bytes(n.Network), PrefixLength = (uint)n.PrefixLength })))
            .Concat(Each(change.KnownPods, (f, a) => f.KnownPods.Add(Bytes(a))))
            .Concat(Each(change.Decisions, (f, d) => f.Decisions.Add(WireDecision.Write(d))))
            .Concat(Each(change.Profiles, (f, p) => f.Profiles.Add(Profile(p))))
            .Concat(Of(change.Egress, f => f.Egress ??= new()))
            .Concat(Of(change.Ingress, f => f.Ingress ??= new()))
            .Concat(Of(change.EgressToNode, f => f.EgressToNode ??= new()));

    private static IEnumerable<(bool Added, Action<Facts> Put)> Of(HookRulesDelta change, Func<Facts, HookFacts> hook) =>
        Each(change.Rest, (f, r) => hook(f).Rest.Add(Subject(r)))
            .Concat(Each(change.Self, (f, s) => hook(f).Self.Add(Subject(s))))
            .Concat(Each(change.Peers, (f, p) => hook(f).Peers.Add(Peer(p))))
            .Concat(Each(change.Networks, (f, n) => hook(f).Networks.Add(Network(n))))
            .Concat(Each(change.Classes, (f, c) => Add(hook(f).ClassHalves, c)))
            .Concat(Each(change.Cells, (f, c) => hook(f).Cells.Add(Cell(c))));

    private static IEnumerable<(bool Added, Action<Facts> Put)> Each<T>(Change<T> change, Action<Facts, T> put)
    {
        foreach (var item in (IEnumerable<T>)change.Removed)
            yield return (false, facts => put(facts, item));
        foreach (var item in (IEnumerable<T>)change.Added)
            yield return (true, facts => put(facts, item));
    }

    private static Wire.SubjectProfile Subject(Model.Rules.SubjectProfile subject) =>
        new() { Subject = Bytes(subject.Subject), ProfileHigh = WireId.High(subject.Profile.Value), ProfileLow = WireId.Low(subject.Profile.Value) };

    private static Wire.PeerAddress Peer(Model.Rules.PeerAddress peer) =>
        new() { Address = Bytes(peer.Address), ClassHigh = WireId.High(peer.Class.Value), ClassLow = WireId.Low(peer.Class.Value) };

    private static Wire.PeerNetwork Network(Model.Rules.PeerNetwork network) => new()
    {
        First = Bytes(network.Range.First),
        Last = Bytes(network.Range.Last),
        ClassHigh = WireId.High(network.Class.Value),
        ClassLow = WireId.Low(network.Class.Value),
    };

    private static void Add(RepeatedField<ulong> halves, ClassId id)
    {
        halves.Add(WireId.High(id.Value));
        halves.Add(WireId.Low(id.Value));
    }

    private static Cell Cell(ClassCell cell) => new()
    {
        ClassHigh = WireId.High(cell.Class.Value),
        ClassLow = WireId.Low(cell.Class.Value),
        Subject = Bytes(cell.Subject),
        ProfileHigh = WireId.High(cell.Profile.Value),
        ProfileLow = WireId.Low(cell.Profile.Value),
    };

    private static Profile Profile(PortProfile profile)
    {
        var wire = new Profile { OtherwiseHigh = WireId.High(profile.Otherwise.Value), OtherwiseLow = WireId.Low(profile.Otherwise.Value) };
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

    private static ByteString Bytes(IpAddress address) => UnsafeByteOperations.UnsafeWrap(address.ToBytes());
}
