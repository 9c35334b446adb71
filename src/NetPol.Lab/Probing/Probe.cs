using System.Net;

namespace NetPol.Lab.Probing;

/// <summary>One new connection to try.</summary>
/// <param name="From">The source address: a pod's, a node's or an outside host's of the lab.</param>
/// <param name="To">The destination: such an address too, of the same family.</param>
/// <param name="Protocol">What to speak.</param>
/// <param name="Port">The destination port; 0 for <see cref="LabProtocol.Icmp"/>.</param>
/// <param name="ExpectAllow">What should come of it; null when nothing is known. Decides only how long silence is listened to.</param>
public sealed record Probe(IPAddress From, IPAddress To, LabProtocol Protocol, ushort Port, bool? ExpectAllow = null);
