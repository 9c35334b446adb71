using System.Net;
using System.Net.Sockets;

namespace NetPol.Netlink;

/// <summary>IP addresses in attributes: 4 or 16 bytes in network order.</summary>
internal static class AddressBytes
{
    private const byte AfInet = 2;
    private const byte AfInet6 = 10;

    /// <summary>The kernel's number for the family: AF_INET or AF_INET6.</summary>
    public static byte Family(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? AfInet : AfInet6;

    public static void WriteAddress(this MessageWriter writer, ushort type, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        writer.Write(type, bytes[..length]);
    }

    public static bool IsV4(byte family) => family == AfInet;

    /// <summary>Whether it is AF_INET or AF_INET6.</summary>
    public static bool IsIp(byte family) => family is AfInet or AfInet6;
}
