namespace NetPol.Rendering.Tracing;

/// <summary>The way of a packet through a base chain, in order.</summary>
/// <param name="Passes">Whether nothing drops it.</param>
/// <param name="Steps">The rules that made it go elsewhere or ended its way, each with its chain, as nft writes them.</param>
/// <param name="Counters">The counters that count it.</param>
/// <param name="Logs">What it is logged under.</param>
public sealed record TracedPacket(bool Passes, IReadOnlyList<string> Steps, IReadOnlyList<string> Counters, IReadOnlyList<string> Logs);
