namespace NetPol.Netlink.NfTables;

/// <summary>Message types of nf_tables (linux/netfilter/nf_tables.h, <c>enum nf_tables_msg_types</c>) and of batches (linux/netfilter/nfnetlink.h).</summary>
internal enum NfMessage : ushort
{
    BatchBegin = 16,
    BatchEnd = 17,
    NewTable = Subsystem,
    GetTable,
    DeleteTable,
    NewChain,
    GetChain,
    DeleteChain,
    NewRule,
    GetRule,
    DeleteRule,
    NewSet,
    GetSet,
    DeleteSet,
    NewElements,
    GetElements,
    DeleteElements,
    NewGeneration,
    GetGeneration,
    Trace,
    NewObject,
    GetObject,
    DeleteObject,

    /// <summary>NFNL_SUBSYS_NFTABLES in the high byte.</summary>
    Subsystem = 10 << 8,
}
