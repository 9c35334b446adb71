using System.Net.Sockets;
using static Tmds.Linux.LibC;

namespace NetPol.Netlink;

/// <summary>Opens raw IP sockets of protocols that <see cref="Socket"/> refuses to open by itself.</summary>
public static class RawSocket
{
    /// <summary>
    /// A raw socket in the network namespace of the calling thread. For IPv4 what it receives begins with the IP header; what it sends never does.
    /// </summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="protocol">The IP protocol number.</param>
    /// <exception cref="NetlinkException">Not permitted, or no file is left.</exception>
    public static Socket Open(AddressFamily family, byte protocol)
    {
        var domain = family == AddressFamily.InterNetworkV6 ? AF_INET6 : AF_INET;
        var fd = socket(domain, SOCK_RAW | SOCK_CLOEXEC, protocol);
        return fd < 0
            ? throw NetlinkSocket.Failed($"open a raw socket of protocol {protocol}")
            : new Socket(new SafeSocketHandle(fd, ownsHandle: true));
    }
}
