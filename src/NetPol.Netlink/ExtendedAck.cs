namespace NetPol.Netlink;

/// <summary>What the kernel says about an error besides its number (linux/netlink.h, <c>enum nlmsgerr_attrs</c>).</summary>
/// <param name="Message">The kernel's own words, or null.</param>
/// <param name="Offset">Bytes from the start of the refused message to the attribute that is wrong, or null.</param>
/// <param name="MissingType">The type of an attribute that was missing, or null.</param>
public sealed record ExtendedAck(string? Message, uint? Offset, uint? MissingType)
{
    private const ushort AttributeMessage = 1;
    private const ushort AttributeOffset = 2;
    private const ushort AttributeMissingType = 5;

    /// <summary>The kernel said nothing more.</summary>
    public static ExtendedAck None { get; } = new(null, null, null);

    internal static ExtendedAck Read(AttributeReader attributes)
    {
        string? message = null;
        uint? offset = null;
        uint? missing = null;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributeMessage:
                    message = attributes.ReadString();
                    break;
                case AttributeOffset:
                    offset = attributes.ReadUInt32();
                    break;
                case AttributeMissingType:
                    missing = attributes.ReadUInt32();
                    break;
            }
        }
        return message is null && offset is null && missing is null ? None : new(message, offset, missing);
    }
}
