using NetPol.Netlink;

namespace NetPol.Nftables;

/// <summary>nf_tables refused something, or could not be asked. A transaction that it refused had no effect. The message names the object, the errno and the kernel's words.</summary>
/// <param name="asked">What was asked, with the object's kind and name: <c>delete chain inet netpol v_1</c>.</param>
/// <param name="errno">A positive errno.</param>
/// <param name="ack">What the kernel says besides.</param>
public sealed class NftablesException(string asked, int errno, ExtendedAck ack) : NetlinkException(asked, errno, ack);
