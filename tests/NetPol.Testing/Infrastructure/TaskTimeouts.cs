namespace NetPol.Testing.Infrastructure;

/// <summary>Waits for tasks with a timeout. The exception names the missing event.</summary>
public static class TaskTimeouts
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public static async Task<T> WithinAsync<T>(this Task<T> task, string what)
    {
        await ((Task)task).WithinAsync(what);
        return await task;
    }

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
}
