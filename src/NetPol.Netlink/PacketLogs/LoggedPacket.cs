using System.Text;

namespace NetPol.Netlink.PacketLogs;

/// <summary>A packet that a rule logged, valid only during the call that hands it over (linux/netfilter/nfnetlink_log.h, <c>enum nfulnl_attr_type</c>).</summary>
public readonly ref struct LoggedPacket
{
    private const int AttributePayload = 9;
    private const int AttributePrefix = 10;
    private const int AttributeSequence = 12;
    private readonly ReadOnlySpan<byte> _prefix;

    private LoggedPacket(AttributeReader attributes)
    {
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributePayload:
                    Payload = attributes.Value;
                    break;
                case AttributePrefix:
                    _prefix = attributes.ReadStringBytes();
                    break;
                case AttributeSequence:
                    Sequence = attributes.ReadUInt32BigEndian();
                    break;
            }
        }
    }

    /// <summary>What the rule put before it; empty for nothing.</summary>
    public string Prefix => Encoding.UTF8.GetString(_prefix);

    /// <summary>The packet's number in its group, from 0; it starts again after 2³² − 1. Null where it was not asked for.</summary>
    public uint? Sequence { get; }

    /// <summary>The packet from its network header on, as far as it was copied. <see cref="PacketHead"/> reads it.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <exception cref="NetlinkFormatException">The payload of the message is no logged packet.</exception>
    public static LoggedPacket Read(ReadOnlySpan<byte> message) => new(AttributeReader.After(NfGenMessage.Size, message));
}
