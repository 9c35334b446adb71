using System.Runtime.InteropServices;

namespace NetPol.Netlink.Generic;

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
