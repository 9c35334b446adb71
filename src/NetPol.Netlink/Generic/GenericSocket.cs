using System.Runtime.InteropServices;

namespace NetPol.Netlink.Generic;

/// <summary>
/// Asks the kernel's tunnels by generic netlink, in the network namespace of the thread that opened it. A family whose module is not loaded has
/// nothing to list: the list is empty, and the module stays unloaded. Not for use by two threads at once.
/// </summary>
public sealed class GenericSocket : IDisposable
{
    private readonly NetlinkSocket _socket;
    private readonly MessageWriter _request = new(64);

    private GenericSocket(NetlinkSocket socket) => _socket = socket;

    /// <exception cref="NetlinkException">No file is left.</exception>
    public static GenericSocket Open() => new(NetlinkSocket.Open(NetlinkProtocol.Generic));

    /// <summary>The families that the kernel has now, by name.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyDictionary<string, ushort> ListFamilies()
    {
        // Asking for one family by its name would make the kernel load a module of that name.
        var families = new Dictionary<string, ushort>(StringComparer.Ordinal);
        Dump(GenericControl.Family, GenericControl.GetFamily, "list the generic netlink families", null, payload =>
        {
            if (GenericControl.Read(payload) is var (name, id))
                families[name] = id;
        });
        return families;
    }

    /// <summary>One WireGuard device, or null if its link was deleted or is no WireGuard device. Needs CAP_NET_ADMIN.</summary>
    /// <param name="family">See <see cref="ListFamilies"/>: <c>wireguard</c>.</param>
    /// <param name="link">The device's index.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public WireGuardDevice? FindWireGuard(ushort family, int link)
    {
        WireGuardDevice? found = null;
        try
        {
            Dump(
                family, WireGuardDevice.GetDevice, $"get the WireGuard device of link {link}", writer => writer.WriteUInt32(WireGuardDevice.AttributeLink, (uint)link),
                payload => found ??= WireGuardDevice.Read(payload));
        }
        catch (NetlinkException error) when (error.Errno is NetlinkErrno.NoDevice or NetlinkErrno.NotSupported)
        {
            return null;
        }
        return found;
    }

    /// <param name="family">See <see cref="ListFamilies"/>: <c>fou</c>.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<FouSocket> ListFouSockets(ushort family)
    {
        var sockets = new List<FouSocket>();
        Dump(family, FouSocket.Get, "list the FOU sockets", null, payload =>
        {
            if (FouSocket.Read(payload) is { } socket)
                sockets.Add(socket);
        });
        return sockets;
    }

    /// <param name="family">See <see cref="ListFamilies"/>: <c>l2tp</c>.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<L2tpTunnel> ListL2tpTunnels(ushort family)
    {
        var tunnels = new List<L2tpTunnel>();
        Dump(family, L2tpTunnel.Get, "list the L2TP tunnels", null, payload => tunnels.Add(L2tpTunnel.Read(payload)));
        return tunnels;
    }

    public void Dispose() => _socket.Dispose();

    private delegate void PayloadHandler(ReadOnlySpan<byte> payload);

    private void Dump(ushort family, byte command, string asked, Action<MessageWriter>? write, PayloadHandler handler)
    {
        _request.Clear();
        var message = _request.BeginMessage(family, MessageFlags.Request | MessageFlags.Dump, _socket.NextSequence());
        var header = new GenericHeader(command, GenericControl.Version, 0);
        _request.WriteRaw(MemoryMarshal.AsBytes(new ReadOnlySpan<GenericHeader>(in header)));
        write?.Invoke(_request);
        _request.EndMessage(message);
        if (!_socket.Dump(_request, asked, (in _, payload) => handler(payload)))
            throw new NetlinkException(asked, NetlinkErrno.Interrupted, new("it changed while it was listed", null, null));
    }
}

/// <summary>The fixed part of a generic netlink message (linux/genetlink.h, <c>struct genlmsghdr</c>).</summary>
/// <param name="Command">What the family is asked.</param>
/// <param name="Version">The family's version.</param>
/// <param name="Reserved">Zero.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct GenericHeader(byte Command, byte Version, ushort Reserved)
{
    public const int Size = 4;
}

/// <summary>The controller family, which lists the others (linux/genetlink.h, <c>CTRL_*</c>).</summary>
internal static class GenericControl
{
    /// <summary>GENL_ID_CTRL.</summary>
    public const ushort Family = 16;

    public const byte Version = 1;
    public const byte GetFamily = 3;
    public const ushort AttributeFamilyId = 1;
    public const ushort AttributeFamilyName = 2;

    /// <returns>Null for a message that does not name a family.</returns>
    /// <exception cref="NetlinkFormatException">The payload is no family.</exception>
    public static (string Name, ushort Id)? Read(ReadOnlySpan<byte> payload)
    {
        var (name, id) = ("", (ushort)0);
        var attributes = AttributeReader.After(GenericHeader.Size, payload);
        while (attributes.Next())
        {
            if (attributes.Type == AttributeFamilyId)
                id = attributes.ReadUInt16();
            else if (attributes.Type == AttributeFamilyName)
                name = attributes.ReadString();
        }
        return name.Length > 0 && id >= MessageTypes.FirstOfFamily ? (name, id) : null;
    }
}
