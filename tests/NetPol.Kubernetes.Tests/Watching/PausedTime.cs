using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace NetPol.Kubernetes.Tests.Watching;

/// <summary>A clock that stands still, and tells who waits for it.</summary>
internal sealed class PausedTime : FakeTimeProvider
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(46);
    private readonly Channel<TimeSpan> _pauses = Channel.CreateUnbounded<TimeSpan>();
    private readonly Channel<TimeSpan> _limits = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime > TimeSpan.Zero)
            Assert.IsTrue((dueTime < LongestPause ? _pauses : _limits).Writer.TryWrite(dueTime));
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

    /// <summary>The next limit of someone's patience, which is longer than any pause.</summary>
    public Task<TimeSpan> LimitAsync() => _limits.Reader.ReadAsync().AsTask().WithinAsync("a limit of patience");
}
