namespace NetPol.Netlink;

/// <summary>Bytes that are no netlink message: cut off, or with lengths that contradict each other.</summary>
/// <param name="message">What was being read and what is wrong with it.</param>
public sealed class NetlinkFormatException(string message) : Exception(message);
