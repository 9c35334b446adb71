using System.Diagnostics;

namespace NetPol.Monitoring.Tests;

/// <summary>Waits for what other processes do.</summary>
internal static class Polling
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks until the answer is right; after a minute fails with the last one.</summary>
    /// <param name="what">What is waited for.</param>
    /// <param name="ask">Null when there is no answer yet.</param>
    /// <param name="isRight">Whether the wait has an end.</param>
    public static async Task<T> UntilAsync<T>(string what, Func<Task<T?>> ask, Func<T, bool> isRight)
        where T : class
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var answer = await ask();
            if (answer is not null && isRight(answer))
                return answer;
            if (waited.Elapsed > Longest)
                Assert.Fail($"waited {Longest.TotalSeconds} s for {what}; the last answer was {answer ?? (object)"none"}");
            await Task.Delay(Look);
        }
    }
}
