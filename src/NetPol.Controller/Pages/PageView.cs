namespace NetPol.Controller.Pages;

/// <summary>Everything that the page shows.</summary>
/// <param name="Replica">The controller that serves it.</param>
/// <param name="Map">Who reaches whom.</param>
/// <param name="Denials">The last ones; the latest comes first.</param>
/// <param name="Nodes">All nodes.</param>
/// <param name="NotEnforced">Which nodes do not enforce the policies, and why; null when all do.</param>
/// <param name="Fault">What could not be read; null when everything could.</param>
internal sealed record PageView(string Replica, MapView Map, IReadOnlyList<DenialView> Denials, IReadOnlyList<NodeView> Nodes, string? NotEnforced, string? Fault);
