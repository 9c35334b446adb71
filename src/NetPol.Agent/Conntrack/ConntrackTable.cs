using System.Buffers.Binary;
using System.Net;
using NetPol.Model.Net;
using NetPol.Netlink;
using NetPol.Netlink.Conntrack;
using NetPol.Netlink.Routing;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Agent.Conntrack;

/// <summary>The connections that the node's kernel tracks, in the network namespace of the thread that opened it. Not for use by two threads at once.</summary>
internal sealed class ConntrackTable : IDisposable
{
    private const int V4FlowLength = 20;
    private const int V6FlowLength = 44;

    private readonly ConntrackSocket _tracking;
    private readonly KernelNftables _nftables;
    private readonly RouteSocket _routes;
    private readonly NftablesBatch _batch = new(TableFamily.Inet, Renderer.TableName);

    private ConntrackTable(ConntrackSocket tracking, KernelNftables nftables, RouteSocket routes) => (_tracking, _nftables, _routes) = (tracking, nftables, routes);

    /// <param name="nftables">Commits the elements of removed connections, because only its socket may change the table.</param>
    /// <exception cref="NetlinkException">The kernel has no nfnetlink.</exception>
    public static ConntrackTable Open(KernelNftables nftables) => new(ConntrackSocket.Open(), nftables, RouteSocket.Open());

    /// <summary>The connection as rules see it: from its original source to its destination after destination translation.</summary>
    public static NetPol.Model.RuleSets.Connection ToConnection(ConntrackEntry entry) => new(
        Address(entry.Original.Source), Address(entry.Reply.Source), (NetPol.Model.Net.Protocol)entry.Original.Protocol, entry.Reply.SourcePort);

    /// <summary>The connection as rules see it if the far end began it.</summary>
    public static NetPol.Model.RuleSets.Connection ToReverseConnection(ConntrackEntry entry) => new(
        Address(entry.Reply.Source), Address(entry.Original.Source), (NetPol.Model.Net.Protocol)entry.Original.Protocol, entry.Original.SourcePort);

    public void ReadAll(Action<ConntrackEntry> handler) => _tracking.ReadAll(handler);

    /// <summary>Whether there is a connection with this original direction.</summary>
    public bool Contains(ConntrackTuple original) => _tracking.Contains(original);

    /// <summary>Returns a predicate: whether an address is this machine's own, by its current routes.</summary>
    public Func<IpAddress, bool> CreateLocalAddressTest()
    {
        var networks = _routes.ListRoutes().Where(r => r.Type == RouteType.Local).Select(r => Cidr.Create(Address(r.Destination), r.PrefixLength)).ToList();
        var single = networks.Where(n => n.Network == n.Last).Select(n => n.Network).ToHashSet();
        networks.RemoveAll(n => n.Network == n.Last);
        return address => single.Contains(address) || networks.Exists(n => n.Contains(address));
    }

    /// <summary>
    /// Removes connections. The kernel then evaluates their next packets as those of new connections. It drops the packets of the far end until the connection would have timed
    /// out, <see cref="StaleFlowChain.MaxAge"/> at most.
    /// </summary>
    /// <param name="connections">The connections.</param>
    /// <param name="full">Called with a family whose set has no room. <see cref="BlockMidstream"/> says what is dropped then.</param>
    /// <returns>The connections that still existed, each after its removal.</returns>
    /// <exception cref="NetlinkException">The table does not exist, or the kernel refused. The remaining connections continue.</exception>
    public IEnumerable<ConntrackEntry> Remove(IReadOnlyCollection<StaleConnection> connections, Action<IpFamily>? full = null)
    {
        // This comes before the removal: a packet of the far end in between must not begin the connection again.
        foreach (var family in Enum.GetValues<IpFamily>())
        {
            var flows = connections.Where(c => HasFlow(c.Entry, family)).ToList();
            if (flows.Count > 0 && !TryAddFlows(family, flows))
            {
                BlockMidstream(family, flows);
                full?.Invoke(family);
            }
        }
        return connections.Select(c => c.Entry).Where(_tracking.Delete);
    }

    public void Dispose()
    {
        _tracking.Dispose();
        _routes.Dispose();
    }

    private static IpAddress Address(IPAddress address) => IpAddress.FromBytes(address.GetAddressBytes());

    /// <summary>Whether the set can hold its flow: a protocol without ports has none.</summary>
    private static bool HasFlow(ConntrackEntry entry, IpFamily family) =>
        Address(entry.Original.Source).Family == family && ((NetPol.Model.Net.Protocol)entry.Original.Protocol).HasPorts();

    /// <returns>False if the set has no room for all of them. Then nothing has changed.</returns>
    private bool TryAddFlows(IpFamily family, List<StaleConnection> flows)
    {
        if (flows.Count > StaleFlowChain.MaxFlows)
            return false;
        _batch.Clear();
        AddFlows(family, flows);
        try
        {
            _nftables.CommitMessages(_batch);
            return true;
        }
        catch (NftablesException refused) when (refused.Refusals is [_, ..] refusals && refusals.All(r => r.Errno == NetlinkErrno.TooManyElements))
        {
            return false;
        }
    }

    /// <summary>
    /// Empties the family's set. Until the last of its flows would have timed out, the kernel drops every TCP packet that neither begins a connection nor belongs to one.
    /// For other protocols it adds the given flows, as many as the set has room for. The earlier flows are lost.
    /// </summary>
    private void BlockMidstream(IpFamily family, List<StaleConnection> flows)
    {
        _batch.Clear();
        _batch.Add(new Operation.FlushSet(StaleFlowChain.SetName(family)));
        // If TCP is in the set already, its timeout starts again.
        _batch.Add(new Operation.FlushSet(StaleFlowChain.MidstreamSet));
        using (var elements = _batch.AddElements(StaleFlowChain.MidstreamSet))
            elements.Add([(byte)NetPol.Model.Net.Protocol.Tcp], StaleFlowChain.MaxAge);
        AddFlows(family, flows.Where(c => c.Entry.Original.Protocol != (byte)NetPol.Model.Net.Protocol.Tcp).Take(StaleFlowChain.MaxFlows));
        _nftables.CommitMessages(_batch);
    }

    private void AddFlows(IpFamily family, IEnumerable<StaleConnection> flows)
    {
        Span<byte> buffer = stackalloc byte[V6FlowLength];
        var flow = buffer[..(family == IpFamily.V4 ? V4FlowLength : V6FlowLength)];
        using var elements = _batch.AddElements(StaleFlowChain.SetName(family));
        foreach (var connection in flows)
        {
            WriteAnswer(connection, flow);
            elements.Add(flow, TimeSpan.FromSeconds(Math.Clamp(connection.Entry.Timeout, 1, StaleFlowChain.MaxAge.TotalSeconds)));
        }
    }

    /// <summary>Writes the flow of the far end's packets (of the near end's, if the connection is reversed): addresses, protocol and ports, each padded to four bytes.</summary>
    private static void WriteAnswer(in StaleConnection connection, Span<byte> flow)
    {
        var entry = connection.Entry;
        var (near, far) = ((entry.Original.Source, entry.Original.SourcePort), (entry.Reply.Source, entry.Reply.SourcePort));
        var (from, to) = connection.IsReversed ? (near, far) : (far, near);
        flow.Clear();
        from.Source.TryWriteBytes(flow, out var length);
        to.Source.TryWriteBytes(flow[length..], out _);
        var protocolAndPorts = flow[(2 * length)..];
        protocolAndPorts[0] = entry.Original.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(protocolAndPorts[4..], from.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(protocolAndPorts[8..], to.SourcePort);
    }
}
