using System.Net;

namespace NetPol.Lab;

/// <summary>A pod to be made.</summary>
/// <param name="Id">Unique among pods, such as <c>namespace/name</c>; it is what the pod's listeners call themselves.</param>
/// <param name="Node">The <see cref="NodeSpec.Name"/> that runs it.</param>
/// <param name="Addresses">Any unicast addresses, with no common network needed; no two pods share one.</param>
/// <param name="Ports">Listened on from the start.</param>
/// <param name="HostNetwork">
/// It lives in its node's namespace: its addresses are added to the node's where the node lacks them, and its listeners answer with the node's name.
/// </param>
public sealed record PodSpec(string Id, string Node, IReadOnlyList<IPAddress> Addresses, IReadOnlyList<LabPort> Ports, bool HostNetwork = false);
