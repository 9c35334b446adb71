using System.Net;
using System.Runtime.InteropServices;

namespace NetPol.Netlink.Routing;

/// <summary>An address of a link (linux/if_addr.h, RTM_NEWADDR).</summary>
/// <param name="Link">The link's index.</param>
/// <param name="Address">The machine's own address, not that of a point-to-point peer.</param>
/// <param name="PrefixLength">Bits of the network that is on the link.</param>
public sealed record LinkAddress(int Link, IPAddress Address, int PrefixLength)
{
    /// <returns>Null for an address of another family than IPv4 and IPv6, or a message without an address.</returns>
    /// <exception cref="NetlinkFormatException">The payload is no address.</exception>
    public static LinkAddress? Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < AddressHeader.Size)
            throw new NetlinkFormatException($"an address needs {AddressHeader.Size} bytes, {payload.Length} are left");
        var header = MemoryMarshal.Read<AddressHeader>(payload);
        if (!AddressBytes.IsIp(header.Family))
            return null;
        IPAddress? local = null;
        IPAddress? other = null;
        var attributes = AttributeReader.After(AddressHeader.Size, payload);
        while (attributes.Next())
        {
            if (attributes.Type == AddressHeader.AttributeLocal)
                local = attributes.ReadAddress();
            else if (attributes.Type == AddressHeader.AttributeAddress)
                other = attributes.ReadAddress();
        }
        // IPv6 sends IFA_LOCAL only where a peer has IFA_ADDRESS.
        return (local ?? other) is { } address ? new(header.Index, address, header.PrefixLength) : null;
    }
}
