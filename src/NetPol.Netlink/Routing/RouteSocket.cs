using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using NetPol.Netlink.Namespaces;

namespace NetPol.Netlink.Routing;

/// <summary>
/// Speaks rtnetlink, in the network namespace of the thread that opened it. Every change is done when its method returns, or
/// <see cref="NetlinkException"/> says why not. Changing needs CAP_NET_ADMIN. Not for use by two threads at once.
/// </summary>
public sealed class RouteSocket : IDisposable
{
    private const int MaxName = 15;
    private readonly NetlinkSocket _socket;
    private readonly MessageWriter _request = new(512);

    private RouteSocket(NetlinkSocket socket) => _socket = socket;

    /// <exception cref="NetlinkException">No file is left.</exception>
    public static RouteSocket Open() => new(NetlinkSocket.Open(NetlinkProtocol.Route));

    /// <summary>Makes two links, each the other's end; both are down.</summary>
    /// <param name="name">The end in this namespace.</param>
    /// <param name="peer">The other end.</param>
    /// <param name="peerNamespace">Where the other end goes, or null for here.</param>
    public void AddVeth(string name, string peer, NetworkNamespace? peerNamespace = null)
    {
        var message = BeginLink(RouteMessageType.NewLink, MessageFlags.Create | MessageFlags.Exclusive, default);
        WriteName(name);
        var info = _request.BeginNested(LinkAttribute.Info);
        _request.WriteString(LinkAttribute.InfoKind, "veth");
        var data = _request.BeginNested(LinkAttribute.InfoData);
        var other = _request.BeginNested(LinkAttribute.VethPeer);
        WriteHeader(default(LinkHeader));
        WriteName(peer);
        if (peerNamespace is not null)
            _request.WriteUInt32(LinkAttribute.NamespaceFd, (uint)peerNamespace.FileDescriptor);
        _request.EndNested(other);
        _request.EndNested(data);
        _request.EndNested(info);
        Send(message, $"add veth {name} with peer {peer}");
    }

    /// <summary>Makes a bridge that is down.</summary>
    public void AddBridge(string name)
    {
        var message = BeginLink(RouteMessageType.NewLink, MessageFlags.Create | MessageFlags.Exclusive, default);
        WriteName(name);
        var info = _request.BeginNested(LinkAttribute.Info);
        _request.WriteString(LinkAttribute.InfoKind, "bridge");
        _request.EndNested(info);
        Send(message, $"add bridge {name}");
    }

    /// <summary>The link of this name, or null.</summary>
    public Link? FindLink(string name)
    {
        Link? found = null;
        var message = BeginLink(RouteMessageType.GetLink, MessageFlags.None, default);
        WriteName(name);
        try
        {
            Send(message, $"get link {name}", (in _, payload) => found = Link.Read(payload));
        }
        catch (NetlinkException e) when (e.Errno == NetlinkErrno.NoDevice)
        {
            return null;
        }
        return found;
    }

    /// <summary>The link of this name.</summary>
    /// <exception cref="NetlinkException"><see cref="NetlinkErrno.NoDevice"/>: there is none.</exception>
    public Link GetLink(string name) => FindLink(name) ?? throw new NetlinkException($"get link {name}", NetlinkErrno.NoDevice, ExtendedAck.None);

    /// <summary>All links, by index.</summary>
    public IReadOnlyList<Link> ListLinks()
    {
        var links = new List<Link>();
        Dump(RouteMessageType.GetLink, default(LinkHeader), "list links", payload => links.Add(Link.Read(payload)));
        return [.. links.OrderBy(link => link.Index)];
    }

    public void SetUp(int link) => Send(BeginLink(RouteMessageType.NewLink, MessageFlags.None, Header(link, LinkHeader.Up)), $"set link {link} up");

    public void SetDown(int link) => Send(BeginLink(RouteMessageType.NewLink, MessageFlags.None, Header(link, 0)), $"set link {link} down");

    /// <summary>Gives a link that is down another name.</summary>
    public void Rename(int link, string name)
    {
        var message = BeginLink(RouteMessageType.NewLink, MessageFlags.None, At(link));
        WriteName(name);
        Send(message, $"rename link {link} to {name}");
    }

    /// <summary>Moves a link; it loses its addresses and is down there.</summary>
    public void MoveTo(int link, NetworkNamespace destination)
    {
        var message = BeginLink(RouteMessageType.NewLink, MessageFlags.None, At(link));
        _request.WriteUInt32(LinkAttribute.NamespaceFd, (uint)destination.FileDescriptor);
        Send(message, $"move link {link} to network namespace {destination.Name}");
    }

    /// <summary>Makes a link a port of a bridge; 0 takes it away from its bridge.</summary>
    public void SetMaster(int link, int bridge)
    {
        var message = BeginLink(RouteMessageType.NewLink, MessageFlags.None, At(link));
        _request.WriteUInt32(LinkAttribute.Master, (uint)bridge);
        Send(message, $"set master of link {link} to {bridge}");
    }

    public void SetMtu(int link, uint mtu)
    {
        var message = BeginLink(RouteMessageType.NewLink, MessageFlags.None, At(link));
        _request.WriteUInt32(LinkAttribute.Mtu, mtu);
        Send(message, $"set mtu of link {link} to {mtu}");
    }

    public void SetLinkAddress(int link, PhysicalAddress address)
    {
        var message = BeginLink(RouteMessageType.NewLink, MessageFlags.None, At(link));
        _request.Write(LinkAttribute.Address, address.GetAddressBytes());
        Send(message, $"set address of link {link} to {address}");
    }

    /// <summary>Deletes a link, and with a veth its peer.</summary>
    public void DeleteLink(int link) => Send(BeginLink(RouteMessageType.DeleteLink, MessageFlags.None, At(link)), $"delete link {link}");

    /// <summary>
    /// Adds an address to a link, without duplicate address detection. The kernel delivers packets to a new IPv6 address only some time later, when its
    /// work queue has added the local route (addrconf_dad_work in net/ipv6/addrconf.c): see <see cref="IsLocal"/>.
    /// </summary>
    public void AddAddress(int link, IPAddress address, int prefixLength)
    {
        var message = Begin(RouteMessageType.NewAddress, MessageFlags.Create | MessageFlags.Exclusive);
        WriteHeader(new AddressHeader(AddressBytes.Family(address), (byte)prefixLength, AddressHeader.NoDuplicateDetection, 0, link));
        _request.WriteAddress(AddressHeader.AttributeLocal, address);
        _request.WriteAddress(AddressHeader.AttributeAddress, address);
        Send(message, $"add address {address}/{prefixLength} to link {link}");
    }

    /// <exception cref="NetlinkException"><see cref="NetlinkErrno.Exists"/>: there is one to this destination already.</exception>
    public void AddRoute(Route route)
    {
        var message = Begin(RouteMessageType.NewRoute, MessageFlags.Create | MessageFlags.Exclusive);
        route.Write(_request);
        Send(message, $"add route {route}");
    }

    public void DeleteRoute(Route route)
    {
        var message = Begin(RouteMessageType.DeleteRoute, MessageFlags.None);
        route.Write(_request);
        Send(message, $"delete route {route}");
    }

    /// <summary>Returns whether the kernel delivers packets for an address of a link to this network namespace; false also where no route exists.</summary>
    public bool IsLocal(IPAddress address, int link)
    {
        var message = Begin(RouteMessageType.GetRoute, MessageFlags.None);
        WriteHeader(default(RouteHeader) with { Family = AddressBytes.Family(address), DestinationBits = (byte)(8 * address.GetAddressBytes().Length) });
        _request.WriteAddress(RouteHeader.AttributeDestination, address);
        _request.WriteUInt32(RouteHeader.AttributeInterface, (uint)link);
        var local = false;
        try
        {
            Send(message, $"get route to {address}", (in _, payload) => local = MemoryMarshal.Read<RouteHeader>(payload).Type == RouteType.Local);
        }
        catch (NetlinkException unreachable) when (unreachable.Errno == NetlinkErrno.NetworkUnreachable)
        {
            return false;
        }
        return local;
    }

    /// <summary>All addresses of all links, in the kernel's order.</summary>
    public IReadOnlyList<LinkAddress> ListAddresses()
    {
        var addresses = new List<LinkAddress>();
        Dump(RouteMessageType.GetAddress, default(AddressHeader), "list addresses", payload =>
        {
            if (LinkAddress.Read(payload) is { } address)
                addresses.Add(address);
        });
        return addresses;
    }

    /// <summary>Returns all routes of both families and all tables; a route with several next hops once for each.</summary>
    public IReadOnlyList<Route> ListRoutes()
    {
        var routes = new List<Route>();
        Dump(RouteMessageType.GetRoute, default(RouteHeader), "list routes", payload => routes.AddRange(Route.Read(payload)));
        return routes;
    }

    /// <summary>Adds a permanent neighbor entry for an IP address, or replaces the old one.</summary>
    public void AddNeighbor(int link, IPAddress address, PhysicalAddress linkAddress)
    {
        var message = Begin(RouteMessageType.NewNeighbor, MessageFlags.Create | MessageFlags.Replace);
        WriteHeader(new NeighborHeader(AddressBytes.Family(address), 0, 0, link, NeighborHeader.Permanent, 0, 0));
        _request.WriteAddress(NeighborHeader.AttributeDestination, address);
        _request.Write(NeighborHeader.AttributeLinkAddress, linkAddress.GetAddressBytes());
        Send(message, $"add neighbor {address} at {linkAddress} to link {link}");
    }

    public void Dispose() => _socket.Dispose();

    private delegate void PayloadHandler(ReadOnlySpan<byte> payload);

    private static LinkHeader At(int link) => new(0, 0, 0, link, 0, 0);

    private static LinkHeader Header(int link, uint flags) => new(0, 0, 0, link, flags, LinkHeader.Up);

    private void WriteName(string name)
    {
        if (name.Length is 0 or > MaxName)
            throw new ArgumentException($"\"{name}\" cannot name a link: 1 to {MaxName} bytes", nameof(name));
        _request.WriteString(LinkAttribute.Name, name);
    }

    private void WriteHeader<T>(in T header)
        where T : unmanaged =>
        _request.WriteRaw(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in header)));

    private MessageToken Begin(RouteMessageType type, MessageFlags flags)
    {
        _request.Clear();
        return _request.BeginMessage((ushort)type, MessageFlags.Request | MessageFlags.Ack | flags, _socket.NextSequence());
    }

    private MessageToken BeginLink(RouteMessageType type, MessageFlags flags, in LinkHeader header)
    {
        var message = Begin(type, flags);
        WriteHeader(header);
        return message;
    }

    private void Send(MessageToken message, string asked, MessageHandler? answer = null)
    {
        _request.EndMessage(message);
        _socket.Request(_request, asked, answer);
    }

    private void Dump<T>(RouteMessageType type, T header, string asked, PayloadHandler handler)
        where T : unmanaged
    {
        _request.Clear();
        var message = _request.BeginMessage((ushort)type, MessageFlags.Request | MessageFlags.Dump, _socket.NextSequence());
        WriteHeader(header);
        _request.EndMessage(message);
        if (!_socket.Dump(_request, asked, (in _, payload) => handler(payload)))
            throw new NetlinkException(asked, NetlinkErrno.Interrupted, new("it changed while it was listed", null, null));
    }
}

/// <summary>The fixed part of a neighbor message, host order (linux/neighbour.h, <c>struct ndmsg</c>).</summary>
/// <param name="Family">AF_INET or AF_INET6.</param>
/// <param name="Pad1">Zero.</param>
/// <param name="Pad2">Zero.</param>
/// <param name="Index">The link.</param>
/// <param name="State">NUD_*.</param>
/// <param name="Flags">NTF_*.</param>
/// <param name="Type">RTN_*.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct NeighborHeader(byte Family, byte Pad1, ushort Pad2, int Index, ushort State, byte Flags, byte Type)
{
    /// <summary>NUD_PERMANENT.</summary>
    public const ushort Permanent = 0x80;

    /// <summary>NDA_DST.</summary>
    public const ushort AttributeDestination = 1;

    /// <summary>NDA_LLADDR.</summary>
    public const ushort AttributeLinkAddress = 2;
}

/// <summary>Message types of rtnetlink (linux/rtnetlink.h, <c>RTM_*</c>).</summary>
internal enum RouteMessageType : ushort
{
    NewLink = 16,
    DeleteLink = 17,
    GetLink = 18,
    NewAddress = 20,
    GetAddress = 22,
    NewRoute = 24,
    DeleteRoute = 25,
    GetRoute = 26,
    NewNeighbor = 28,
}
