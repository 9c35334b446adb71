using Google.Protobuf;
using Google.Protobuf.Collections;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Conversion;

namespace NetPol.Protocol.RuleSets;

/// <summary>An entry with its encoding.</summary>
/// <param name="IsAdded">Whether it comes; else it goes.</param>
/// <param name="Size">What it adds to an encoded message at most, in bytes; the heads of the messages around it apart.</param>
/// <param name="AddTo">Puts it there.</param>
internal readonly record struct WireEntry(bool IsAdded, int Size, Action<Wire.Entries> AddTo);

/// <summary>The entries of a difference one by one, in the order of <see cref="NodeRuleSetDelta"/>, each with the way to put it on the wire.</summary>
internal static class WireEntries
{
    /// <summary>The tag of a field below 16.</summary>
    private const int Tag = 1;

    public static IEnumerable<WireEntry> Create(NodeRuleSetDelta change) =>
        EntriesOf(change.NodeAddresses, ToBytes, (f, a) => f.NodeAddresses.Add(a))
            .Concat(EntriesOf(change.AllNodeAddresses, ToBytes, (f, a) => f.AllNodeAddresses.Add(a)))
            .Concat(EntriesOf(change.PodCidrs, WriteNetwork, (f, n) => f.PodCidrs.Add(n)))
            .Concat(EntriesOf(change.ReadyPods, ToBytes, (f, a) => f.ReadyPods.Add(a)))
            .Concat(EntriesOf(change.GrantedSources, g => new Wire.GrantedSource { Pod = ToBytes(g.Pod), Sources = WriteNetwork(g.Sources) }, (f, g) => f.GrantedSources.Add(g)))
            .Concat(EntriesOf(change.Decisions, DecisionConversion.Write, (f, d) => f.Decisions.Add(d)))
            .Concat(EntriesOf(change.PortPolicies, WritePortPolicy, (f, p) => f.PortPolicies.Add(p)))
            .Concat(Create(change.PodEgress, f => f.PodEgress ??= new()))
            .Concat(Create(change.PodIngress, f => f.PodIngress ??= new()))
            .Concat(Create(change.PodToHost, f => f.PodToHost ??= new()));

    private static IEnumerable<WireEntry> Create(EnforcementRulesDelta change, Func<Wire.Entries, Wire.EnforcementEntries> point) =>
        EntriesOf(change.Defaults, WriteSubject, (f, r) => point(f).Defaults.Add(r))
            .Concat(EntriesOf(change.Self, WriteSubject, (f, s) => point(f).Self.Add(s)))
            .Concat(EntriesOf(change.Peers, WritePeer, (f, p) => point(f).Peers.Add(p)))
            .Concat(EntriesOf(change.Networks, WritePeerNetwork, (f, n) => point(f).Networks.Add(n)))
            .Concat(EntriesOf(change.Identities, c => c.Value, (f, c) => Add(point(f).IdentityHalves, c)))
            .Concat(EntriesOf(change.PolicyEntries, WritePolicyEntry, (f, c) => point(f).PolicyEntries.Add(c)));

    private static IEnumerable<WireEntry> EntriesOf<T, TWire>(ListChange<T> change, Func<T, TWire> write, Action<Wire.Entries, TWire> put)
        where TWire : notnull
    {
        foreach (var item in (IEnumerable<T>)change.Removed)
            yield return CreateEntry(false, write(item), put);
        foreach (var item in (IEnumerable<T>)change.Added)
            yield return CreateEntry(true, write(item), put);
    }

    private static WireEntry CreateEntry<TWire>(bool added, TWire item, Action<Wire.Entries, TWire> put)
        where TWire : notnull => new(added, SizeOf(item), entries => put(entries, item));

    private static int SizeOf(object item) => Tag + item switch
    {
        IMessage message => CodedOutputStream.ComputeMessageSize(message),
        ByteString bytes => CodedOutputStream.ComputeBytesSize(bytes),
        UInt128 => 2 * sizeof(ulong),
        _ => throw new InvalidOperationException($"the size of {item} is not known"),
    };

    private static Wire.SubjectPortPolicy WriteSubject(SubjectPortPolicy subject) =>
        new() { Subject = ToBytes(subject.Subject), PortPolicyHigh = IdConversion.High(subject.PortPolicy.Value), PortPolicyLow = IdConversion.Low(subject.PortPolicy.Value) };

    private static Wire.PeerAddress WritePeer(PeerAddress peer) =>
        new() { Address = ToBytes(peer.Address), IdentityHigh = IdConversion.High(peer.Identity.Value), IdentityLow = IdConversion.Low(peer.Identity.Value) };

    private static Wire.PeerNetwork WritePeerNetwork(PeerNetwork network) => new()
    {
        First = ToBytes(network.Range.First),
        Last = ToBytes(network.Range.Last),
        IdentityHigh = IdConversion.High(network.Identity.Value),
        IdentityLow = IdConversion.Low(network.Identity.Value),
    };

    private static void Add(RepeatedField<ulong> halves, UInt128 id)
    {
        halves.Add(IdConversion.High(id));
        halves.Add(IdConversion.Low(id));
    }

    private static Wire.PolicyEntry WritePolicyEntry(PolicyEntry entry) => new()
    {
        IdentityHigh = IdConversion.High(entry.Identity.Value),
        IdentityLow = IdConversion.Low(entry.Identity.Value),
        Subject = ToBytes(entry.Subject),
        PortPolicyHigh = IdConversion.High(entry.PortPolicy.Value),
        PortPolicyLow = IdConversion.Low(entry.PortPolicy.Value),
    };

    private static Wire.PortPolicy WritePortPolicy(PortPolicy portPolicy)
    {
        var wire = new Wire.PortPolicy { DefaultHigh = IdConversion.High(portPolicy.Default.Value), DefaultLow = IdConversion.Low(portPolicy.Default.Value) };
        foreach (var entry in portPolicy.Entries)
        {
            wire.Entries.Add(new Wire.PortEntry
            {
                Protocol = (byte)entry.Protocol,
                FirstPort = entry.Ports.First,
                LastPort = entry.Ports.Last,
                DecisionHigh = IdConversion.High(entry.Decision.Value),
                DecisionLow = IdConversion.Low(entry.Decision.Value),
            });
        }
        return wire;
    }

    private static Wire.Network WriteNetwork(Cidr network) => new() { Address = ToBytes(network.Network), PrefixLength = (uint)network.PrefixLength };

    private static ByteString ToBytes(IpAddress address) => UnsafeByteOperations.UnsafeWrap(address.ToBytes());
}
