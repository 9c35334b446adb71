using System.Buffers.Binary;
using System.Net;
using NetPol.Model;
using NetPol.Netlink;
using NetPol.Netlink.Conntrack;
using NetPol.Netlink.NfTables;
using NetPol.Netlink.Routing;
using NetPol.Rendering;

namespace NetPol.Agent.Cutting;

/// <summary>The connections that the node's kernel tracks, in the network namespace of the thread that opened it. Not for use by two threads at once.</summary>
internal sealed class KernelConnections : IDisposable
{
    private const NfFamily Family = NfFamily.Inet;
    private const int V4FlowLength = 20;
    private const int V6FlowLength = 44;

    private readonly ConntrackSocket _tracking;
    private readonly NfTablesSocket _tables;
    private readonly RouteSocket _routes;
    private readonly NfTablesBatch _batch = new();

    private KernelConnections(ConntrackSocket tracking, NfTablesSocket tables, RouteSocket routes) => (_tracking, _tables, _routes) = (tracking, tables, routes);

    /// <summary>By which a table watch knows what <see cref="Cut"/> does from what others do.</summary>
    public uint PortId => _tables.PortId;

    /// <exception cref="NetlinkException">The kernel has no nfnetlink.</exception>
    public static KernelConnections Open() => new(ConntrackSocket.Open(), NfTablesSocket.Open(), RouteSocket.Open());

    /// <summary>The connection as it is judged: from where it began, to where destination translation led it.</summary>
    public static Model.Rules.Connection Judged(ConntrackEntry entry) => new(
        Address(entry.Original.Source), Address(entry.Reply.Source), (Model.Protocol)entry.Original.Protocol, entry.Reply.SourcePort);

    public void ReadAll(Action<ConntrackEntry> handler) => _tracking.ReadAll(handler);

    /// <summary>Whether there is a connection that began with packets of this direction.</summary>
    public bool Tracks(ConntrackTuple original) => _tracking.Tracks(original);

    /// <summary>Whether an address is this machine's own, by its routes of now.</summary>
    public Func<IpAddress, bool> OwnAddresses()
    {
        var networks = _routes.ListRoutes().Where(r => r.Kind == RouteKind.Local).Select(r => Cidr.Of(Address(r.Destination), r.PrefixLength)).ToList();
        var single = networks.Where(n => n.Network == n.Last).Select(n => n.Network).ToHashSet();
        networks.RemoveAll(n => n.Network == n.Last);
        return address => single.Contains(address) || networks.Exists(n => n.Contains(address));
    }

    /// <summary>Ends connections: their next packets are judged as new ones, and those of the far end are dropped for as long as the connection would have been remembered.</summary>
    /// <returns>Those that there still were, each as soon as it is ended.</returns>
    /// <exception cref="NetlinkException">The table is not there, or the kernel refused; what was not ended lives on.</exception>
    public IEnumerable<ConntrackEntry> Cut(IReadOnlyCollection<ConntrackEntry> connections)
    {
        Remember(connections);
        return connections.Where(_tracking.Delete);
    }

    public void Dispose()
    {
        _tracking.Dispose();
        _tables.Dispose();
        _routes.Dispose();
    }

    private static IpAddress Address(IPAddress address) => IpAddress.FromBytes(address.GetAddressBytes());

    // First of all: a packet that comes between must not begin the connection anew from the wrong end.
    private void Remember(IReadOnlyCollection<ConntrackEntry> connections)
    {
        _batch.Clear();
        Span<byte> room = stackalloc byte[V6FlowLength];
        foreach (var family in Enum.GetValues<IpFamily>())
        {
            using var elements = _batch.AddElements(Family, Renderer.TableName, CutLayout.SetName(family));
            var flow = room[..(family == IpFamily.V4 ? V4FlowLength : V6FlowLength)];
            foreach (var connection in connections)
            {
                if (Address(connection.Original.Source).Family != family || !((Model.Protocol)connection.Original.Protocol).HasPorts())
                    continue;
                WriteAnswer(connection, flow);
                elements.Add(flow, TimeSpan.FromSeconds(Math.Max(1, connection.Timeout)));
            }
        }
        _tables.Commit(_batch);
    }

    /// <summary>The far end's packets: addresses, protocol and ports, each padded to four bytes.</summary>
    private static void WriteAnswer(ConntrackEntry connection, Span<byte> flow)
    {
        flow.Clear();
        connection.Reply.Source.TryWriteBytes(flow, out var length);
        connection.Original.Source.TryWriteBytes(flow[length..], out _);
        var rest = flow[(2 * length)..];
        rest[0] = connection.Original.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(rest[4..], connection.Reply.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(rest[8..], connection.Original.SourcePort);
    }
}
