namespace NetPol.Testing;

/// <summary>Waits that end, and say what did not come.</summary>
public static class Awaited
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<T> WithinAsync<T>(this Task<T> task, string what)
    {
        await ((Task)task).WithinAsync(what);
        return await task;
    }

    public static async Task WithinAsync(this Task task, string what)
    {
        try
        {
            await task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"waited {Patience.TotalSeconds} s for {what}");
        }
    }
}
