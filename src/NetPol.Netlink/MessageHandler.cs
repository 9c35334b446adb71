namespace NetPol.Netlink;

/// <summary>Takes one message of an answer. The payload is valid only during the call.</summary>
public delegate void MessageHandler(in MessageHeader header, ReadOnlySpan<byte> payload);
