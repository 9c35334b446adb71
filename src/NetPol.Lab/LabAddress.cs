using System.Net;
using System.Net.Sockets;

namespace NetPol.Lab;

/// <summary>What the lab must know of an address.</summary>
internal static class LabAddress
{
    /// <summary>The length of the prefix that holds this address alone.</summary>
    public static int Bits(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;

    /// <summary>Whether a host can have it in the lab: a unicast address that is routed as it stands.</summary>
    public static bool IsHost(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork
            ? address.GetAddressBytes()[0] is (> 0 and < 127) or (> 127 and < 224) || (address.GetAddressBytes()[0] >= 240 && !address.Equals(IPAddress.Broadcast))
            : !(IPAddress.IsLoopback(address) || address.Equals(IPAddress.IPv6Any) || address.IsIPv6Multicast || address.IsIPv6LinkLocal || address.IsIPv4MappedToIPv6);
}
