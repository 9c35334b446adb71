using System.Diagnostics;

namespace NetPol.Testing.Infrastructure;

/// <summary>Waits with a timeout. The failure names the missing event.</summary>
public static class TaskTimeouts
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits for a task of this process.</summary>
    public static async Task<T> WithinAsync<T>(this Task<T> task, string what)
    {
        await ((Task)task).WithinAsync(what);
        return await task;
    }

    /// <inheritdoc cref="WithinAsync{T}(Task{T}, string)"/>
    public static async Task WithinAsync(this Task task, string what)
    {
        try
        {
            await task.WaitAsync(Timeout);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"waited {Timeout.TotalSeconds} s for {what}");
        }
    }

    /// <summary>Asks another process again and again until its answer is as expected. The process sends no event when that is so.</summary>
    /// <param name="what">The awaited event, for the failure.</param>
    /// <param name="ask">Returns null when there is no answer yet.</param>
    /// <param name="isExpected">Whether the wait ends with this answer.</param>
    public static async Task<T> PollAsync<T>(string what, Func<Task<T?>> ask, Func<T, bool> isExpected)
        where T : class
    {
        T? answer = null;
        await PollAsync(() => $"{what}; the last answer was {answer ?? (object)"none"}", async () => (answer = await ask()) is not null && isExpected(answer));
        return answer!;
    }

    /// <inheritdoc cref="PollAsync{T}(string, Func{Task{T}}, Func{T, bool})"/>
    /// <param name="what">Returns the awaited event, for the failure.</param>
    /// <param name="ask">Whether the wait ends.</param>
    /// <param name="timeout">The longest wait; null for that of all other waits.</param>
    public static async Task PollAsync(Func<string> what, Func<Task<bool>> ask, TimeSpan? timeout = null)
    {
        var (started, longest) = (Stopwatch.GetTimestamp(), timeout ?? Timeout);
        while (!await ask())
        {
            if (Stopwatch.GetElapsedTime(started) > longest)
                Assert.Fail($"waited {longest.TotalSeconds} s for {what()}");
            await Task.Delay(PollInterval);
        }
    }
}
