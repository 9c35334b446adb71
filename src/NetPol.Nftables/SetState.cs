namespace NetPol.Nftables;

/// <summary>A set and what is in it.</summary>
public sealed record SetState(Set Set, ElementList Elements);
