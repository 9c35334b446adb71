namespace NetPol.Netlink.Generic;

/// <summary>A WireGuard device (linux/wireguard.h, WG_CMD_GET_DEVICE). Keys and peers are not read.</summary>
/// <param name="Link">The device's index.</param>
/// <param name="Port">The UDP port on which it receives; 0 while it is down and has none set.</param>
public sealed record WireGuardDevice(int Link, ushort Port)
{
    internal const byte GetDevice = 0;
    internal const ushort AttributeLink = 1;
    internal const ushort AttributePort = 6;

    /// <returns>Null for the later part of an answer, which holds further peers alone.</returns>
    /// <exception cref="NetlinkFormatException">The payload is no device.</exception>
    public static WireGuardDevice? Read(ReadOnlySpan<byte> payload)
    {
        int? link = null;
        ushort? port = null;
        var attributes = AttributeReader.After(GenericHeader.Size, payload);
        while (attributes.Next())
        {
            if (attributes.Type == AttributeLink)
                link = attributes.ReadInt32();
            else if (attributes.Type == AttributePort)
                port = attributes.ReadUInt16();
        }
        return link is { } device && port is { } number ? new(device, number) : null;
    }
}

/// <summary>A socket that takes tunnel packets out of UDP (linux/fou.h, FOU_CMD_GET; FOU and GUE).</summary>
/// <param name="Port">The UDP port.</param>
public sealed record FouSocket(ushort Port)
{
    internal const byte Get = 3;
    private const ushort AttributePort = 1;

    /// <returns>Null for a message without a port.</returns>
    /// <exception cref="NetlinkFormatException">The payload is no FOU socket.</exception>
    public static FouSocket? Read(ReadOnlySpan<byte> payload)
    {
        FouSocket? found = null;
        var attributes = AttributeReader.After(GenericHeader.Size, payload);
        while (attributes.Next())
        {
            if (attributes.Type == AttributePort)
                found = new(attributes.ReadUInt16BigEndian());
        }
        return found;
    }
}

/// <summary>An L2TP tunnel (linux/l2tp.h, L2TP_CMD_TUNNEL_GET).</summary>
/// <param name="Port">The local UDP port; 0 for a tunnel inside of IP (protocol 115).</param>
public sealed record L2tpTunnel(ushort Port)
{
    internal const byte Get = 4;
    private const ushort AttributeSourcePort = 26;

    /// <exception cref="NetlinkFormatException">The payload is no tunnel.</exception>
    public static L2tpTunnel Read(ReadOnlySpan<byte> payload)
    {
        var tunnel = new L2tpTunnel(0);
        var attributes = AttributeReader.After(GenericHeader.Size, payload);
        while (attributes.Next())
        {
            if (attributes.Type == AttributeSourcePort)
                tunnel = new(attributes.ReadUInt16());
        }
        return tunnel;
    }
}
