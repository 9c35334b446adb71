using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace NetPol.Testing.Infrastructure;

/// <summary>A clock that advances only on request, and reports the timers that wait for it.</summary>
/// <param name="longestPause">Timers of at least this duration count as timeouts, shorter ones as pauses. Null if all timers are pauses.</param>
public sealed class PausedTimeProvider(TimeSpan? longestPause = null) : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _pauses = Channel.CreateUnbounded<TimeSpan>();
    private readonly Channel<TimeSpan> _limits = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime > TimeSpan.Zero)
            (dueTime >= longestPause ? _limits : _pauses).Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Waits for the next pause and ends it.</summary>
    /// <returns>The duration of the pause.</returns>
    public async Task<TimeSpan> PassPauseAsync()
    {
        var pause = await _pauses.Reader.ReadAsync().AsTask().WithinAsync("a pause");
        Advance(pause);
        return pause;
    }

    /// <summary>Waits for the next timeout timer and returns its duration.</summary>
    public Task<TimeSpan> LimitAsync() => _limits.Reader.ReadAsync().AsTask().WithinAsync("a timeout");
}
