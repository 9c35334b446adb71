namespace NetPol.Netlink.PacketLogs;

/// <summary>Takes one packet; its bytes are valid only during the call.</summary>
public delegate void LoggedPacketHandler(in LoggedPacket packet);
