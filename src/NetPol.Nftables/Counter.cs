namespace NetPol.Nftables;

/// <summary>A named counter; its numbers are no part of the wanted state.</summary>
/// <param name="Name">Unique among the counters of its table.</param>
/// <param name="Comment">For people; null for none.</param>
/// <param name="Tag">
/// For programs: short ASCII that stays with the counter while it lives, and comes back with its value. The text form has no room for it.
/// </param>
public sealed record Counter(string Name, string? Comment = null, string? Tag = null);
