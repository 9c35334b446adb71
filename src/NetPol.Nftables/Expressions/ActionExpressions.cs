using System.Text;
using NetPol.Netlink;

namespace NetPol.Nftables.Expressions;

/// <summary>Puts a constant into a register, or ends with a verdict (linux/netfilter/nf_tables.h, <c>enum nft_immediate_attributes</c>).</summary>
/// <param name="Destination"><see cref="Register.Verdict"/> for a verdict.</param>
/// <param name="Value">The constant; empty for a verdict.</param>
/// <param name="Verdict">The verdict, or null for a constant.</param>
public sealed record ImmediateExpression(Register Destination, RegisterValue Value, PacketVerdict? Verdict) : Expression
{
    internal const string KernelName = "immediate";
    private const ushort AttributeDestination = 1;
    private const ushort AttributeData = 2;

    /// <summary>Ends the rule with a verdict.</summary>
    public ImmediateExpression(PacketVerdict verdict)
        : this(Register.Verdict, default, verdict)
    {
    }

    public override string TypeName => KernelName;

    internal static ImmediateExpression ReadBody(AttributeReader attributes)
    {
        var read = new ImmediateExpression(default, default, null);
        while (attributes.Next())
        {
            if (attributes.Type == AttributeDestination)
                read = read with { Destination = (Register)attributes.ReadUInt32BigEndian() };
            else if (attributes.Type == AttributeData)
                read = read.WithData(attributes.Nested);
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
        if (Verdict is { } verdict)
            DataAttribute.Write(writer, AttributeData, verdict);
        else
            DataAttribute.Write(writer, AttributeData, Value.Span);
    }

    private ImmediateExpression WithData(AttributeReader data)
    {
        var read = this;
        while (data.Next())
        {
            if (data.Type == DataAttribute.AttributeVerdict)
                read = read with { Verdict = PacketVerdict.Read(data.Nested) };
            else if (data.Type == DataAttribute.AttributeValue)
                read = read with { Value = new(data.Value) };
        }
        return read;
    }
}

/// <summary>Counts, in the rule itself: a replaced rule starts again (linux/netfilter/nf_tables.h, <c>enum nft_counter_attributes</c>).</summary>
/// <param name="Packets">Packets counted, or to start from.</param>
/// <param name="Bytes">Bytes of those packets.</param>
public sealed record CounterExpression(ulong Packets = 0, ulong Bytes = 0) : Expression
{
    internal const string KernelName = "counter";

    public override string TypeName => KernelName;

    internal static CounterExpression ReadBody(AttributeReader attributes)
    {
        var (packets, bytes) = CounterState.ReadNumbers(attributes);
        return new(packets, bytes);
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        if (Packets != 0 || Bytes != 0)
            CounterState.WriteNumbers(writer, Packets, Bytes);
    }
}

/// <summary>Runs a named object, such as a counter (linux/netfilter/nf_tables.h, <c>enum nft_objref_attributes</c>).</summary>
/// <param name="ObjectType">NFT_OBJECT_*: 1 is a counter.</param>
/// <param name="Name">The object; it may come in the same batch.</param>
public sealed record ObjectReferenceExpression(uint ObjectType, string Name) : Expression
{
    internal const string KernelName = "objref";
    private const ushort AttributeType = 1;
    private const ushort AttributeName = 2;

    /// <summary>Counts in a named counter.</summary>
    public static ObjectReferenceExpression Counter(string name) => new(CounterState.ObjectType, name);

    public override string TypeName => KernelName;

    /// <summary>Not one that finds its object in a map.</summary>
    internal static bool IsByName(AttributeReader attributes) => Has(attributes, AttributeName);

    internal static ObjectReferenceExpression ReadBody(AttributeReader attributes)
    {
        var read = new ObjectReferenceExpression(0, "");
        while (attributes.Next())
        {
            if (attributes.Type == AttributeType)
                read = read with { ObjectType = attributes.ReadUInt32BigEndian() };
            else if (attributes.Type == AttributeName)
                read = read with { Name = attributes.ReadString() };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeType, ObjectType);
        writer.Write(AttributeName, Encoding.UTF8.GetBytes(Name));
    }
}

/// <summary>Ends the rule above a rate (linux/netfilter/nf_tables.h, <c>enum nft_limit_attributes</c>).</summary>
/// <param name="Rate">How many in a unit of time.</param>
/// <param name="Unit">The unit of time in seconds.</param>
/// <param name="Burst">How many more at once.</param>
/// <param name="Bytes">Whether it counts bytes; if not, it counts packets.</param>
/// <param name="Inverted">Ends the rule below the rate.</param>
public sealed record LimitExpression(ulong Rate, ulong Unit, uint Burst, bool Bytes = false, bool Inverted = false) : Expression
{
    internal const string KernelName = "limit";
    private const ushort AttributeRate = 1;
    private const ushort AttributeUnit = 2;
    private const ushort AttributeBurst = 3;
    private const ushort AttributeType = 4;
    private const ushort AttributeFlags = 5;

    public override string TypeName => KernelName;

    internal static LimitExpression ReadBody(AttributeReader attributes)
    {
        var read = new LimitExpression(0, 0, 0);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeRate => read with { Rate = attributes.ReadUInt64BigEndian() },
                AttributeUnit => read with { Unit = attributes.ReadUInt64BigEndian() },
                AttributeBurst => read with { Burst = attributes.ReadUInt32BigEndian() },
                AttributeType => read with { Bytes = attributes.ReadUInt32BigEndian() == 1 },
                AttributeFlags => read with { Inverted = (attributes.ReadUInt32BigEndian() & 1) != 0 },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt64BigEndian(AttributeRate, Rate);
        writer.WriteUInt64BigEndian(AttributeUnit, Unit);
        writer.WriteUInt32BigEndian(AttributeBurst, Burst);
        writer.WriteUInt32BigEndian(AttributeType, Bytes ? 1u : 0u);
        writer.WriteUInt32BigEndian(AttributeFlags, Inverted ? 1u : 0u);
    }
}

/// <summary>Logs the packet (linux/netfilter/nf_tables.h, <c>enum nft_log_attributes</c>).</summary>
/// <param name="Prefix">What stands before it, at most 127 bytes; empty for nothing.</param>
/// <param name="Group">The nfnetlink_log group that gets it; null sends it to the kernel's own log.</param>
/// <param name="SnapLength">With a group: bytes of the packet to copy, 0 for all.</param>
/// <param name="QueueThreshold">With a group: packets to gather before sending, 0 for each at once.</param>
public sealed record LogExpression(string Prefix, ushort? Group = null, uint SnapLength = 0, ushort QueueThreshold = 0) : Expression
{
    internal const string KernelName = "log";
    private const ushort AttributeGroup = 1;
    private const ushort AttributePrefix = 2;
    private const ushort AttributeSnapLength = 3;
    private const ushort AttributeQueueThreshold = 4;
    private const ushort AttributeLevel = 5;

    /// <summary>Without a group: the kernel log's level, 4 is warning; null leaves it to the kernel.</summary>
    public uint? Level { get; init; }

    public override string TypeName => KernelName;

    internal static LogExpression ReadBody(AttributeReader attributes)
    {
        var read = new LogExpression("");
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributePrefix => read with { Prefix = attributes.ReadString() },
                AttributeGroup => read with { Group = attributes.ReadUInt16BigEndian() },
                AttributeSnapLength => read with { SnapLength = attributes.ReadUInt32BigEndian() },
                AttributeQueueThreshold => read with { QueueThreshold = attributes.ReadUInt16BigEndian() },
                AttributeLevel => read with { Level = attributes.ReadUInt32BigEndian() },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        if (Prefix.Length != 0)
            writer.WriteString(AttributePrefix, Prefix);
        if (Group is { } group)
            writer.WriteUInt16BigEndian(AttributeGroup, group);
        if (SnapLength != 0)
            writer.WriteUInt32BigEndian(AttributeSnapLength, SnapLength);
        if (QueueThreshold != 0)
            writer.WriteUInt16BigEndian(AttributeQueueThreshold, QueueThreshold);
        if (Level is { } level)
            writer.WriteUInt32BigEndian(AttributeLevel, level);
    }
}
