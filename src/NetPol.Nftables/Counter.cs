namespace NetPol.Nftables;

/// <summary>A named counter; its numbers are no part of the wanted state. <paramref name="Comment"/> is null for none.</summary>
public sealed record Counter(string Name, string? Comment = null);
