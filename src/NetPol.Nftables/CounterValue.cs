namespace NetPol.Nftables;

/// <summary>What a named counter has counted since it was created.</summary>
public readonly record struct CounterValue(string Name, ulong Packets, ulong Bytes);
