using System.Collections.Concurrent;
using NetPol.Protocol.Flows;

namespace NetPol.Cli.Watching;

/// <summary>
/// Follows the flow records of all ready controllers: of those that come later too, and again of those that were lost. Which it follows, and
/// what is wrong, is said once each time it changes.
/// </summary>
/// <param name="find">The names of the ready controllers.</param>
/// <param name="observe">What a controller tells; the last denials, if any, first and at once.</param>
/// <param name="printer">Where it goes.</param>
/// <param name="time">The clock.</param>
internal sealed class FlowFollower(
    Func<CancellationToken, Task<IReadOnlyList<string>>> find, Func<string, CancellationToken, IAsyncEnumerable<FlowBatch>> observe, FlowPrinter printer, TimeProvider time)
{
    /// <summary>How often controllers are looked for.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, string> _troubles = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _followed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, LastDenials> _denials = new(StringComparer.Ordinal);

    /// <summary>Returns when it is cancelled.</summary>
    /// <exception cref="CommandException">At the start there is no controller, or the cluster does not answer.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        var streams = new List<Task>();
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            var found = await find(cancel);
            do
            {
                await Task.WhenAll(streams.Where(s => s.IsCompleted));
                streams.RemoveAll(s => s.IsCompletedSuccessfully);
                streams.AddRange(found.Where(name => _followed.TryAdd(name, true)).Select(name => FollowAsync(name, cancel)));
                await timer.WaitForNextTickAsync(cancel);
                found = await FindAsync(cancel);
            }
            while (!cancel.IsCancellationRequested);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Interrupted.
        }
        await Task.WhenAll(streams);
    }

    private async Task<IReadOnlyList<string>> FindAsync(CancellationToken cancel)
    {
        try
        {
            var found = await find(cancel);
            _troubles.TryRemove("", out _);
            return found;
        }
        catch (CommandException error)
        {
            Tell("", $"controllers are not found: {error.Message}");
            return [];
        }
    }

    private async Task FollowAsync(string name, CancellationToken cancel)
    {
        var denials = _denials.GetOrAdd(name, _ => new());
        var trouble = "it ended the stream";
        var isFollowed = false;
        try
        {
            await foreach (var batch in observe(name, cancel))
            {
                if (!isFollowed)
                    printer.Remark($"follows controller {name}");
                isFollowed = true;
                _troubles.TryRemove(name, out _);
                printer.Print(name, denials.WithoutKnown(batch));
            }
        }
        catch (Exception error) when (FlowPrinter.IsOfStream(error))
        {
            trouble = FlowPrinter.Trouble(error);
        }
        _followed.TryRemove(name, out _);
        if (!cancel.IsCancellationRequested)
            Tell(name, $"controller {name} is lost, and looked for: {trouble}");
    }

    private void Tell(string about, string trouble)
    {
        if (_troubles.TryGetValue(about, out var told) && string.Equals(told, trouble, StringComparison.Ordinal))
            return;
        _troubles[about] = trouble;
        printer.Remark(trouble);
    }
}
