namespace NetPol.Netlink.NfTables;

/// <summary>What makes a chain a base chain (linux/netfilter/nf_tables.h, <c>enum nft_hook_attributes</c>).</summary>
/// <param name="Type"><c>filter</c>, <c>nat</c> or <c>route</c>.</param>
/// <param name="Hook">Where packets enter it.</param>
/// <param name="Priority">The order among base chains of a hook, lower first; <c>filter</c> is 0.</param>
/// <param name="Policy">Accept or drop, for a packet that comes to the end.</param>
public sealed record NfBaseChain(string Type, NfHook Hook, int Priority, NfVerdictCode Policy)
{
    private const ushort AttributeHook = 1;
    private const ushort AttributePriority = 2;

    internal static NfBaseChain ReadHook(AttributeReader attributes)
    {
        var read = new NfBaseChain("", default, 0, NfVerdictCode.Accept);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeHook => read with { Hook = (NfHook)attributes.ReadUInt32BigEndian() },
                AttributePriority => read with { Priority = attributes.ReadInt32BigEndian() },
                _ => read,
            };
        }
        return read;
    }

    internal void WriteHook(MessageWriter writer, ushort type)
    {
        var nest = writer.BeginNested(type);
        writer.WriteUInt32BigEndian(AttributeHook, (uint)Hook);
        writer.WriteInt32BigEndian(AttributePriority, Priority);
        writer.EndNested(nest);
    }
}
