namespace NetPol.Protocol;

/// <summary>What an update says besides its facts.</summary>
/// <param name="Generation">Counts up within a stream, from 1.</param>
/// <param name="Base">The generation that the update is the difference to; 0 for a snapshot.</param>
/// <param name="CausedAt">When the oldest event that it answers reached the controller; null for a snapshot.</param>
public sealed record UpdateHead(ulong Generation, ulong Base, DateTimeOffset? CausedAt)
{
    /// <summary>Replaces whatever the back end has.</summary>
    public bool IsSnapshot => Base == 0;
}
