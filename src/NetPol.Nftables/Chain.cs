namespace NetPol.Nftables;

/// <summary>A chain without its rules. <paramref name="Base"/> is null for a chain that is only reached by jump and goto.</summary>
/// <param name="Name">The chain's name.</param>
/// <param name="Base">Where it is hooked.</param>
/// <param name="Comment">For people; null for none. Fixed when the chain is created.</param>
public sealed record Chain(string Name, BaseChain? Base = null, string? Comment = null);
