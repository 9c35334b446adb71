namespace NetPol.Netlink;

/// <summary>The fixed part of every netfilter message (linux/netfilter/nfnetlink.h, <c>struct nfgenmsg</c>): family, version 0, big-endian resource.</summary>
public static class NetfilterHeader
{
    public const int Size = 4;

    public static void Write(MessageWriter writer, byte family, ushort resource = 0) =>
        writer.WriteRaw([family, 0, (byte)(resource >> 8), (byte)resource]);

    /// <exception cref="NetlinkFormatException">The payload is shorter than the fixed part.</exception>
    public static byte ReadFamily(ReadOnlySpan<byte> payload) =>
        payload.Length >= Size ? payload[0] : throw new NetlinkFormatException($"a netfilter message needs {Size} bytes, {payload.Length} are left");
}
