using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace NetPol.Controller.Tests;

/// <summary>A clock that stands still, and tells who waits for it.</summary>
internal sealed class PausedTime : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _pauses = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime > TimeSpan.Zero)
            Assert.IsTrue(_pauses.Writer.TryWrite(dueTime));
        return timer;
    }

    /// <summary>Waits until someone pauses, and lets the pause pass.</summary>
    public async Task PassPauseAsync() => Advance(await _pauses.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
}
