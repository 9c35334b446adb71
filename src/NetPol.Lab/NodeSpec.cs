using System.Net;

namespace NetPol.Lab;

/// <summary>A node to be made: a namespace that routes for its pods.</summary>
/// <param name="Name">Unique among nodes.</param>
/// <param name="Addresses">Of both families, as many as wanted; a node without addresses routes, but is no end of a probe.</param>
public sealed record NodeSpec(string Name, IReadOnlyList<IPAddress> Addresses);
