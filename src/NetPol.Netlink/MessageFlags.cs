namespace NetPol.Netlink;

/// <summary>
/// The flags of a message header (linux/netlink.h, <c>NLM_F_*</c>). One bit means different things in a request
/// to get, a request to make, a request to delete, and an answer, so some names share a value.
/// </summary>
[Flags]
public enum MessageFlags : ushort
{
    None = 0,
    Request = 0x01,

    /// <summary>The answer goes on in further messages and ends with <see cref="MessageTypes.Done"/>.</summary>
    Multi = 0x02,

    /// <summary>Answer with an error message also when nothing is wrong.</summary>
    Ack = 0x04,

    Echo = 0x08,

    /// <summary>What is being listed changed while it was listed.</summary>
    DumpInterrupted = 0x10,

    Root = 0x100,
    Match = 0x200,

    /// <summary>List all.</summary>
    Dump = Root | Match,

    Replace = 0x100,
    Exclusive = 0x200,
    Create = 0x400,
    Append = 0x800,

    /// <summary>Of a request to delete: not the children.</summary>
    NonRecursive = 0x100,

    /// <summary>Of an answer: the request is quoted without its payload (NETLINK_CAP_ACK).</summary>
    Capped = 0x100,

    /// <summary>Of an answer: attributes follow the quoted request (NETLINK_EXT_ACK).</summary>
    AckAttributes = 0x200,
}
