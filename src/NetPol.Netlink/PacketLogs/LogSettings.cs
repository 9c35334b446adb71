namespace NetPol.Netlink.PacketLogs;

/// <summary>How the kernel hands packets over (linux/netfilter/nfnetlink_log.h, <c>enum nfulnl_attr_config</c>).</summary>
public sealed record LogSettings
{
    /// <summary>Bytes of a packet that are copied, from its network header on, where its rule does not ask for fewer.</summary>
    public uint CopyRange { get; init; } = 128;

    /// <summary>Bytes that the kernel gathers before it sends; at most 128 KiB count.</summary>
    public uint GatherBytes { get; init; } = 16 * 1024;

    /// <summary>Packets that the kernel gathers before it sends.</summary>
    public uint GatherPackets { get; init; } = 64;

    /// <summary>How long a packet waits for others; counted in hundredths of a second.</summary>
    public TimeSpan GatherTime { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Bytes that wait for the reader. What does not fit is lost.</summary>
    public int ReceiveBuffer { get; init; } = 4 * 1024 * 1024;
}
