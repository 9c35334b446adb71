using NetPol.Netlink;

namespace NetPol.Nftables;

/// <summary>A named counter; its numbers are no part of the wanted state.</summary>
/// <param name="Name">Unique among the counters of its table.</param>
/// <param name="Comment">For people; null for none.</param>
/// <param name="Tag">
/// For programs: short ASCII that stays with the counter while it lives, and comes back with its value. The text form has no room for it.
/// </param>
public sealed record Counter(string Name, string? Comment = null, string? Tag = null);

/// <summary>A named counter with its numbers (linux/netfilter/nf_tables.h, <c>enum nft_object_attributes</c>, <c>enum nft_counter_attributes</c>).</summary>
/// <param name="Counter">The counter.</param>
/// <param name="Packets">Packets counted, or to start from.</param>
/// <param name="Bytes">Bytes of those packets, from the network header on.</param>
internal sealed record CounterState(Counter Counter, ulong Packets = 0, ulong Bytes = 0)
{
    /// <summary>NFT_OBJECT_COUNTER.</summary>
    public const uint ObjectType = 1;

    private const ushort AttributeTable = 1;
    private const ushort AttributeName = 2;
    private const ushort AttributeType = 3;
    private const ushort AttributeData = 4;
    private const ushort AttributeUserData = 8;
    private const ushort AttributeBytes = 1;
    private const ushort AttributePackets = 2;

    public CounterValue Value => new(Counter.Name, Packets, Bytes, Counter.Tag);

    /// <returns>The counter's table and the counter; no counter when the payload is an object of another kind.</returns>
    /// <exception cref="NetlinkFormatException">The payload is no object.</exception>
    public static (string Table, CounterState? Counter) Read(ReadOnlySpan<byte> payload)
    {
        var table = "";
        var counter = new Counter("");
        uint type = 0;
        ReadOnlySpan<byte> data = [];
        var attributes = AttributeReader.After(NetfilterHeader.Size, payload);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributeTable:
                    table = attributes.ReadString();
                    break;
                case AttributeName:
                    counter = counter with { Name = attributes.ReadString() };
                    break;
                case AttributeType:
                    type = attributes.ReadUInt32BigEndian();
                    break;
                case AttributeData:
                    data = attributes.Value;
                    break;
                case AttributeUserData:
                    counter = counter with { Comment = UserData.ReadString(attributes.Value), Tag = UserData.ReadString(attributes.Value, UserData.ObjectTag) };
                    break;
            }
        }
        if (type != ObjectType)
            return (table, null);
        var (packets, bytes) = ReadNumbers(new AttributeReader(data));
        return (table, new(counter, packets, bytes));
    }

    public static (ulong Packets, ulong Bytes) ReadNumbers(AttributeReader attributes)
    {
        ulong packets = 0, bytes = 0;
        while (attributes.Next())
        {
            if (attributes.Type == AttributePackets)
                packets = attributes.ReadUInt64BigEndian();
            else if (attributes.Type == AttributeBytes)
                bytes = attributes.ReadUInt64BigEndian();
        }
        return (packets, bytes);
    }

    public static void WriteNumbers(MessageWriter writer, ulong packets, ulong bytes)
    {
        writer.WriteUInt64BigEndian(AttributeBytes, bytes);
        writer.WriteUInt64BigEndian(AttributePackets, packets);
    }

    public static void WriteName(MessageWriter writer, string table, string name)
    {
        writer.WriteString(AttributeTable, table);
        writer.WriteString(AttributeName, name);
        writer.WriteUInt32BigEndian(AttributeType, ObjectType);
    }

    public void Write(MessageWriter writer, string table)
    {
        WriteName(writer, table, Counter.Name);
        UserData.WriteNotes(writer, AttributeUserData, (UserData.Comment, Counter.Comment), (UserData.ObjectTag, Counter.Tag));
        var data = writer.BeginNested(AttributeData);
        WriteNumbers(writer, Packets, Bytes);
        writer.EndNested(data);
    }
}

/// <summary>The counts of a named counter, including its initial values.</summary>
public readonly record struct CounterValue(string Name, ulong Packets, ulong Bytes, string? Tag = null);
