namespace NetPol.Agent.Streaming;

/// <summary>In seconds, of the last 1,024 updates that were differences; null when there was none.</summary>
internal sealed record EnforcementDelay(int Count, double? P50, double? P99, double? Max);
