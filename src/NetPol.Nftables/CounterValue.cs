namespace NetPol.Nftables;

/// <summary>What a named counter has counted since it was created, with what it started from.</summary>
public readonly record struct CounterValue(string Name, ulong Packets, ulong Bytes, string? Tag = null);
