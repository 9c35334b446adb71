using NetPol.Rendering.Counting;

namespace NetPol.Agent.Counting;

/// <summary>What was counted for a series; for null, for those that are too many to be told apart.</summary>
internal readonly record struct SeriesCount(Series? Series, ulong Packets, ulong Bytes);
