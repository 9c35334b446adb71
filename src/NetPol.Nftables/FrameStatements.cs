using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace NetPol.Nftables;

/// <summary>
/// The parts of an Ethernet frame that rules of a table of <see cref="TableFamily.Bridge"/> read. The kernel reads the bytes whatever the frame carries, so
/// a rule compares <see cref="EtherType"/>, and the protocol, before it reads a field of them.
/// </summary>
public enum FrameField
{
    /// <summary><c>ether type</c>, 2 bytes. A frame with a VLAN tag, that of VLAN 0 included, has the type of the tag.</summary>
    EtherType,

    /// <summary><c>meta iifkind</c>, 16 bytes: the kind of the port, as <c>veth</c>; empty for hardware.</summary>
    InputKind,

    /// <summary><c>iifname</c>, 16 bytes: the name of the port by which the frame came in.</summary>
    InputName,

    /// <summary><c>oifname</c>, 16 bytes: the name of the port by which the frame goes out.</summary>
    OutputName,

    /// <summary><c>ip saddr</c>, 4 bytes.</summary>
    IpSource,

    /// <summary><c>ip daddr</c>, 4 bytes.</summary>
    IpDestination,

    /// <summary><c>ip6 saddr</c>, 16 bytes.</summary>
    Ip6Source,

    /// <summary><c>ip6 daddr</c>, 16 bytes.</summary>
    Ip6Destination,

    /// <summary><c>arp operation</c>, 2 bytes.</summary>
    ArpOperation,

    /// <summary><c>arp saddr ip</c>, 4 bytes: the sender's IPv4 address.</summary>
    ArpSender,

    /// <summary><c>meta l4proto</c>, 1 byte: the protocol behind all IPv6 extension headers.</summary>
    L4Protocol,

    /// <summary><c>icmpv6 type</c>, 1 byte.</summary>
    IcmpV6Type,

    /// <summary><c>@th,64,128</c>, 16 bytes: the target of a neighbor advertisement (RFC 4861, section 4.4).</summary>
    NeighborTarget,

    /// <summary><c>udp sport</c>, 2 bytes.</summary>
    UdpSource,

    /// <summary><c>udp dport</c>, 2 bytes.</summary>
    UdpDestination,
}

/// <content>The statements of tables of <see cref="TableFamily.Bridge"/>.</content>
public abstract partial record Statement
{
    /// <summary>Matches frames whose field lies between the two numbers, both included; or, when <paramref name="Inverted"/>, those whose field does not equal them.</summary>
    /// <param name="Field">What is compared.</param>
    /// <param name="First">The lowest number, in network order.</param>
    /// <param name="Last">The highest number; the same as <paramref name="First"/> for one.</param>
    /// <param name="Inverted">Only for one number.</param>
    public sealed record FrameMatch(FrameField Field, UInt128 First, UInt128 Last, bool Inverted = false) : Statement
    {
        public FrameMatch(FrameField field, UInt128 value, bool isNot = false)
            : this(field, value, value, isNot)
        {
        }

        public override string ToString() =>
            $"{FrameText.Name(Field)} {(Inverted ? "!= " : "")}{FrameText.Value(Field, First)}{(First == Last ? "" : "-" + FrameText.Value(Field, Last))}";
    }

    /// <summary>Matches frames whose field, or whose two fields in a row, are in the set.</summary>
    public sealed record FrameLookup(FrameField First, FrameField? Second, string Set) : Statement
    {
        public override string ToString() => $"{FrameText.Name(First)}{(Second is { } second ? $" . {FrameText.Name(second)}" : "")} @{Set}";
    }
}

/// <summary>Fields of frames in the words of nft.</summary>
internal static class FrameText
{
    private const ushort Ipv4 = 0x0800;
    private const ushort Ipv6 = 0x86dd;
    private const ushort Arp = 0x0806;

    public static string Name(FrameField field) => field switch
    {
        FrameField.EtherType => "ether type",
        FrameField.InputKind => "meta iifkind",
        FrameField.InputName => "iifname",
        FrameField.OutputName => "oifname",
        FrameField.IpSource => "ip saddr",
        FrameField.IpDestination => "ip daddr",
        FrameField.Ip6Source => "ip6 saddr",
        FrameField.Ip6Destination => "ip6 daddr",
        FrameField.ArpOperation => "arp operation",
        FrameField.ArpSender => "arp saddr ip",
        FrameField.L4Protocol => "meta l4proto",
        FrameField.IcmpV6Type => "icmpv6 type",
        FrameField.NeighborTarget => "@th,64,128",
        FrameField.UdpSource => "udp sport",
        FrameField.UdpDestination => "udp dport",
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };

    public static string Value(FrameField field, UInt128 value) => field switch
    {
        FrameField.EtherType => (ushort)value switch { Ipv4 => "ip", Ipv6 => "ip6", Arp => "arp", var other => $"0x{other:x4}" },
        FrameField.InputKind or FrameField.InputName or FrameField.OutputName => $"\"{Text(value)}\"",
        FrameField.IpSource or FrameField.IpDestination or FrameField.ArpSender or FrameField.Ip6Source or FrameField.Ip6Destination => Address(field, value),
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Sixteen bytes with zeros at the end, as text.</summary>
    public static string Text(UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return Encoding.UTF8.GetString(bytes.TrimEnd((byte)0));
    }

    private static string Address(FrameField field, UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new IPAddress(bytes[(16 - SizeOf(field))..]).ToString();
    }

    /// <summary>Bytes.</summary>
    public static int SizeOf(FrameField field) => field switch
    {
        FrameField.L4Protocol or FrameField.IcmpV6Type => 1,
        FrameField.EtherType or FrameField.ArpOperation or FrameField.UdpSource or FrameField.UdpDestination => 2,
        FrameField.IpSource or FrameField.IpDestination or FrameField.ArpSender => 4,
        _ => 16,
    };
}
