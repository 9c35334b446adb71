using System.Net;
using System.Runtime.InteropServices;

namespace NetPol.Netlink.Routing;

/// <summary>A bridge of this network namespace.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Name">Its name.</param>
/// <param name="Addresses">Its own addresses, in the kernel's order.</param>
public sealed record Bridge(int Index, string Name, IReadOnlyList<IPAddress> Addresses);

/// <summary>A veth that is a port of a bridge.</summary>
/// <param name="Index">Its index. The kernel does not give an index again before it has given all others.</param>
/// <param name="Name">Its name.</param>
/// <param name="Bridge">The index of its bridge.</param>
/// <param name="IsElsewhere">Whether its other end is in another network namespace.</param>
/// <param name="Addresses">The addresses of its other end if that end is in another namespace, in the kernel's order; empty if that namespace was deleted.</param>
public sealed record VethPort(int Index, string Name, int Bridge, bool IsElsewhere, IReadOnlyList<IPAddress> Addresses);

/// <summary>The bridges of a network namespace, and the veths that are their ports, by index.</summary>
public sealed record BridgePorts(IReadOnlyList<Bridge> Bridges, IReadOnlyList<VethPort> Veths);

/// <summary>
/// Reads bridges and what is at the other end of their veths, in the network namespace of the thread that opened it. The kernel lists the addresses of another
/// namespace for a process that has CAP_NET_ADMIN in the user namespace that owns it (IFA_TARGET_NETNSID, since Linux 4.20). Not for use by two threads at once.
/// </summary>
public sealed class BridgePortReader : IDisposable
{
    // IFA_TARGET_NETNSID of linux/if_addr.h.
    private const ushort AttributeTargetNamespace = 10;

    private const int Attempts = 5;

    private readonly NetlinkSocket _socket;
    private readonly MessageWriter _request = new(128);

    private BridgePortReader(NetlinkSocket socket) => _socket = socket;

    /// <exception cref="NetlinkException">No file is left, or the kernel is older than 4.20.</exception>
    public static BridgePortReader Open()
    {
        var socket = NetlinkSocket.Open(NetlinkProtocol.Route);
        try
        {
            socket.CheckStrictly();
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="NetlinkException">The kernel refused: <see cref="NetlinkErrno.NotPermitted"/> or EACCES when the other namespace is of a foreign user namespace.</exception>
    public BridgePorts Read()
    {
        List<(Link Link, int? Namespace)> links = [];
        Dump((ushort)RouteMessageType.GetLink, "list links", () => WriteHeader(default(LinkHeader)), links.Clear, payload => links.Add(ReadLink(payload)));
        var bridges = links.Where(l => string.Equals(l.Link.Kind, "bridge", StringComparison.Ordinal)).Select(l => l.Link).ToDictionary(l => l.Index);
        if (bridges.Count == 0)
            return new([], []);
        var own = ReadAddresses(null);
        Dictionary<int, ILookup<int, IPAddress>> elsewhere = [];
        List<VethPort> veths = [];
        foreach (var (link, space) in links.Where(l => bridges.ContainsKey(l.Link.Master) && string.Equals(l.Link.Kind, "veth", StringComparison.Ordinal)).OrderBy(l => l.Link.Index))
        {
            if (space is { } id && !elsewhere.ContainsKey(id))
                elsewhere.Add(id, ReadAddresses(id));
            veths.Add(new(link.Index, link.Name, link.Master, space is not null, space is { } there ? [.. elsewhere[there][link.Lower]] : []));
        }
        return new([.. bridges.Values.OrderBy(b => b.Index).Select(b => new Bridge(b.Index, b.Name, [.. own[b.Index]]))], veths);
    }

    public void Dispose() => _socket.Dispose();

    private static (Link Link, int? Namespace) ReadLink(ReadOnlySpan<byte> payload)
    {
        int? space = null;
        var attributes = AttributeReader.After(LinkHeader.Size, payload);
        while (attributes.Next())
        {
            if (attributes.Type == LinkAttribute.LowerNamespace)
                space = attributes.ReadInt32();
        }
        return (Link.Read(payload), space);
    }

    /// <summary>The addresses of a network namespace by link; none when there is no such namespace any more.</summary>
    /// <param name="space">The number by which this namespace knows it; null for this one.</param>
    private ILookup<int, IPAddress> ReadAddresses(int? space)
    {
        List<LinkAddress> addresses = [];
        try
        {
            Dump((ushort)RouteMessageType.GetAddress, space is null ? "list addresses" : $"list addresses of network namespace {space}", () =>
            {
                WriteHeader(default(AddressHeader));
                if (space is { } id)
                    _request.WriteUInt32(AttributeTargetNamespace, (uint)id);
            }, addresses.Clear, payload =>
            {
                if (LinkAddress.Read(payload) is { } address)
                    addresses.Add(address);
            });
        }
        catch (NetlinkException error) when (space is not null && error.Errno is NetlinkErrno.Invalid or NetlinkErrno.NoEntry)
        {
            addresses.Clear();
        }
        return addresses.ToLookup(a => a.Link, a => a.Address);
    }

    private void WriteHeader<T>(in T header)
        where T : unmanaged =>
        _request.WriteRaw(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in header)));

    /// <summary>Lists again when what it lists changes meanwhile.</summary>
    private void Dump(ushort type, string asked, Action writeBody, Action begin, PayloadHandler handler)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            begin();
            _request.Clear();
            var message = _request.BeginMessage(type, MessageFlags.Request | MessageFlags.Dump, _socket.NextSequence());
            writeBody();
            _request.EndMessage(message);
            if (_socket.Dump(_request, asked, (in _, payload) => handler(payload)))
                return;
        }
        throw new NetlinkException(asked, NetlinkErrno.Interrupted, new($"it changed in each of {Attempts} attempts", null, null));
    }

    private delegate void PayloadHandler(ReadOnlySpan<byte> payload);
}
