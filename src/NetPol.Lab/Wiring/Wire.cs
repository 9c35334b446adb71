using System.Collections.Immutable;
using System.Net;

namespace NetPol.Lab.Wiring;

/// <summary>
/// A veth link between two namespaces. Each end routes to the other as a fixed link-local next hop whose hardware address is fixed too, so
/// that a link carries what is sent and nothing else: no ARP, no neighbour discovery.
/// </summary>
/// <param name="Upper">The side towards the fabric.</param>
/// <param name="UpperName">The interface there.</param>
/// <param name="Lower">The side away from it; its way to everybody else.</param>
/// <param name="LowerName">The interface there; it has the lower side's addresses.</param>
/// <param name="Behind">All addresses that are reached through the lower side, its own included.</param>
internal sealed record Wire(LabSpace Upper, string UpperName, LabSpace Lower, string LowerName, ImmutableArray<IPAddress> Behind);
