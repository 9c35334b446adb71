namespace NetPol.Hosting;

/// <summary>The pauses between attempts: each twice as long as the one before, up to a longest, and each by up to half shorter or longer, so that many clients do not retry at once.</summary>
/// <param name="first">The first pause.</param>
/// <param name="longest">The longest pause.</param>
/// <param name="random">Returns numbers from 0 to 1; null for <see cref="Random.Shared"/>.</param>
public sealed class Backoff(TimeSpan first, TimeSpan longest, Func<double>? random = null)
{
    private TimeSpan? _next;

    /// <summary>Returns the pause before the next attempt, and doubles the pause after that.</summary>
    public TimeSpan Next()
    {
        var pause = _next ?? first;
        _next = pause * 2 < longest ? pause * 2 : longest;
        return pause * (0.5 + (random ?? Random.Shared.NextDouble)());
    }

    /// <summary>After a success the first pause is the next one.</summary>
    public void Reset() => _next = null;
}
