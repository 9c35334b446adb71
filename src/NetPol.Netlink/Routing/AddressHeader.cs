using System.Runtime.InteropServices;

namespace NetPol.Netlink.Routing;

/// <summary>The fixed part of an address message, host order (linux/if_addr.h, <c>struct ifaddrmsg</c>).</summary>
/// <param name="Family">AF_INET or AF_INET6.</param>
/// <param name="PrefixLength">Bits.</param>
/// <param name="Flags">IFA_F_*.</param>
/// <param name="Scope">RT_SCOPE_*.</param>
/// <param name="Index">The link.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct AddressHeader(byte Family, byte PrefixLength, byte Flags, byte Scope, int Index)
{
    public const int Size = 8;

    /// <summary>IFA_F_NODAD: an IPv6 address is usable at once, without looking for another that has it.</summary>
    public const byte NoDuplicateDetection = 2;

    /// <summary>IFA_ADDRESS.</summary>
    public const ushort AttributeAddress = 1;

    /// <summary>IFA_LOCAL.</summary>
    public const ushort AttributeLocal = 2;
}
