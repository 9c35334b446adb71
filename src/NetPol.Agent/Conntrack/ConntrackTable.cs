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

    /// <summary>The connection as it is judged: from where it began, to where destination translation led it.</summary>
    public static NetPol.Model.RuleSets.Connection ToConnection(ConntrackEntry entry) => new(
        Address(entry.Original.Source), Address(entry.Reply.Source), (NetPol.Model.Net.Protocol)entry.Original.Protocol, entry.Reply.SourcePort);

    /// <summary>The connection as it is judged when the far end began it.</summary>
    public static NetPol.Model.RuleSets.Connection ToReverseConnection(ConntrackEntry entry) => new(
        Address(entry.Reply.Source), Address(entry.Original.Source), (NetPol.Model.Net.Protocol)entry.Original.Protocol, entry.Original.SourcePort);

    public void ReadAll(Action<ConntrackEntry> handler) => _tracking.ReadAll(handler);

    /// <summary>Whether there is a connection that began with packets of this direction.</summary>
    public bool Contains(ConntrackTuple original) => _tracking.Contains(original);

    /// <summary>Whether an address is this machine's own, by its routes of now.</summary>
    public Func<IpAddress, bool> CreateLocalAddressTest()
    {
        var networks = _routes.ListRoutes().Where(r => r.Type == RouteType.Local).Select(r => Cidr.Create(Address(r.Destination), r.PrefixLength)).ToList();
        var single = networks.Where(n => n.Network == n.Last).Select(n => n.Network).ToHashSet();
        networks.RemoveAll(n => n.Network == n.Last);
        return address => single.Contains(address) || networks.Exists(n => n.Contains(address));
    }

    /// <summary>
    /// Ends connections: their next packets are judged as new ones, and those of the far end are dropped for as long as the connection would have been remembered,
    /// <see cref="StaleFlowChain.MaxAge"/> at most.
    /// </summary>
    /// <param name="connections">The connections.</param>
    /// <param name="full">Told of a family whose set has no room: how it keeps connections cut says <see cref="KeepAllCut"/>.</param>
    /// <returns>Those that there still were, each as soon as it is ended.</returns>
    /// <exception cref="NetlinkException">The table is not there, or the kernel refused; what was not ended lives on.</exception>
    public IEnumerable<ConntrackEntry> Remove(IReadOnlyCollection<StaleConnection> connections, Action<IpFamily>? full = null)
    {
        // First of all: a packet that comes between must not begin the connection anew from the wrong end.
        foreach (var family in Enum.GetValues<IpFamily>())
        {
            var flows = connections.Where(c => IsKept(c.Entry, family)).ToList();
            if (flows.Count > 0 && !TryKeepCut(family, flows))
            {
                KeepAllCut(family, flows);
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

    /// <summary>Whether it leaves a flow to remember. Without ports there is none.</summary>
    private static bool IsKept(ConntrackEntry entry, IpFamily family) =>
        Address(entry.Original.Source).Family == family && ((NetPol.Model.Net.Protocol)entry.Original.Protocol).HasPorts();

    /// <returns>False when the set has no room for all of them; then nothing has changed.</returns>
    private bool TryKeepCut(IpFamily family, List<StaleConnection> flows)
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
    /// Empties the family's set. From then on, for as long as any of its flows would have been kept, TCP packets that neither begin a connection nor belong to one are
    /// dropped, of whichever connection. Of other protocols the flows given are kept, as many as there is room for, and the earlier ones are forgotten.
    /// </summary>
    private void KeepAllCut(IpFamily family, List<StaleConnection> flows)
    {
        _batch.Clear();
        _batch.Add(new Operation.FlushSet(StaleFlowChain.SetName(family)));
        // Where TCP is there already, its time begins anew.
        _batch.Add(new Operation.FlushSet(StaleFlowChain.MidstreamSet));
        using (var elements = _batch.AddElements(StaleFlowChain.MidstreamSet))
            elements.Add([(byte)NetPol.Model.Net.Protocol.Tcp], StaleFlowChain.MaxAge);
        AddFlows(family, flows.Where(c => c.Entry.Original.Protocol != (byte)NetPol.Model.Net.Protocol.Tcp).Take(StaleFlowChain.MaxFlows));
        _nftables.CommitMessages(_batch);
    }

    private void AddFlows(IpFamily family, IEnumerable<StaleConnection> flows)
    {
        Span<byte> room = stackalloc byte[V6FlowLength];
        var flow = room[..(family == IpFamily.V4 ? V4FlowLength : V6FlowLength)];
        using var elements = _batch.AddElements(StaleFlowChain.SetName(family));
        foreach (var connection in flows)
        {
            WriteAnswer(connection, flow);
            elements.Add(flow, TimeSpan.FromSeconds(Math.Clamp(connection.Entry.Timeout, 1, StaleFlowChain.MaxAge.TotalSeconds)));
        }
    }

    /// <summary>The far end's packets, of a reversed connection the near end's: addresses, protocol and ports, each padded to four bytes.</summary>
    private static void WriteAnswer(in StaleConnection connection, Span<byte> flow)
    {
        var entry = connection.Entry;
        var (near, far) = ((entry.Original.Source, entry.Original.SourcePort), (entry.Reply.Source, entry.Reply.SourcePort));
        var (from, to) = connection.IsReversed ? (near, far) : (far, near);
        flow.Clear();
        from.Source.TryWriteBytes(flow, out var length);
        to.Source.TryWriteBytes(flow[length..], out _);
        var rest = flow[(2 * length)..];
        rest[0] = entry.Original.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(rest[4..], from.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(rest[8..], to.SourcePort);
    }
}
