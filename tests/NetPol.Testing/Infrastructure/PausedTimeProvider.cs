using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace NetPol.Testing.Infrastructure;

/// <summary>A clock that stands still, and tells who waits for it.</summary>
/// <param name="longestPause">A timer that is as long or longer is a limit of someone's patience, and no pause; null when all are pauses.</param>
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

    /// <summary>Waits until someone pauses, and lets the pause pass.</summary>
    /// <returns>How long it is.</returns>
    public async Task<TimeSpan> PassPauseAsync()
    {
        var pause = await _pauses.Reader.ReadAsync().AsTask().WithinAsync("a pause");
        Advance(pause);
        return pause;
    }

    /// <summary>The next limit of someone's patience.</summary>
    public Task<TimeSpan> LimitAsync() => _limits.Reader.ReadAsync().AsTask().WithinAsync("a limit of patience");
}
