using System.Collections.Concurrent;
using System.Text;
using Grpc.Core;
using NetPol.Cli.Infrastructure;
using NetPol.Protocol;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Flows;

namespace NetPol.Cli.Logs;

/// <summary>
/// Follows the flow records of all ready controllers: of those that come later too, and again of those that were lost. Which it follows, and
/// what is wrong, is said once each time it changes.
/// </summary>
/// <param name="find">The names of the ready controllers.</param>
/// <param name="observe">What a controller tells; the last denials, if any, first and at once.</param>
/// <param name="printer">Where it goes.</param>
/// <param name="time">The clock.</param>
internal sealed class FlowLogStream(
    Func<CancellationToken, Task<IReadOnlyList<string>>> find, Func<string, CancellationToken, IAsyncEnumerable<FlowBatch>> observe, FlowPrinter printer, TimeProvider time)
{
    /// <summary>How often controllers are looked for.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, string> _failures = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _followed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RecentDenials> _denials = new(StringComparer.Ordinal);

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
            _failures.TryRemove("", out _);
            return found;
        }
        catch (CommandException error)
        {
            ReportFailure("", $"controllers are not found: {error.Message}");
            return [];
        }
    }

    private async Task FollowAsync(string name, CancellationToken cancel)
    {
        var denials = _denials.GetOrAdd(name, _ => new());
        var failure = "it ended the stream";
        var isFollowed = false;
        try
        {
            await foreach (var batch in observe(name, cancel))
            {
                if (!isFollowed)
                    printer.PrintMessage($"follows controller {name}");
                isFollowed = true;
                _failures.TryRemove(name, out _);
                printer.Print(name, denials.WithoutRepeated(batch));
            }
        }
        catch (Exception error) when (FlowPrinter.IsStreamError(error))
        {
            failure = FlowPrinter.Describe(error);
        }
        _followed.TryRemove(name, out _);
        if (!cancel.IsCancellationRequested)
            ReportFailure(name, $"controller {name} is lost, and looked for: {failure}");
    }

    private void ReportFailure(string about, string failure)
    {
        if (_failures.TryGetValue(about, out var reported) && string.Equals(reported, failure, StringComparison.Ordinal))
            return;
        _failures[about] = failure;
        printer.PrintMessage(failure);
    }
}

/// <summary>Prints flow records of several controllers as they come: records to one place, what is wrong to the other. Safe for any thread.</summary>
internal sealed class FlowPrinter(Stream output, TextWriter remarks, OutputFormat format)
{
    private readonly Lock _lock = new();

    /// <summary>Prints what a controller remembers.</summary>
    /// <returns>False when it did not tell all, which is said; that somebody interrupts it is no failure.</returns>
    public async Task<bool> PrintAsync(string controller, IAsyncEnumerable<FlowBatch> batches, CancellationToken cancel)
    {
        try
        {
            await foreach (var batch in batches)
                Print(controller, batch);
            return true;
        }
        catch (Exception error) when (IsStreamError(error))
        {
            if (cancel.IsCancellationRequested)
                return true;
            PrintMessage($"controller {controller}: {Describe(error)}; what its nodes record is not shown");
            return false;
        }
    }

    /// <summary>Whether a stream of records can end so.</summary>
    public static bool IsStreamError(Exception error) => error is RpcException or ProtocolException or CommandException or OperationCanceledException;

    public static string Describe(Exception error) => error is RpcException rpc ? ControllerChannel.Describe(rpc) : error.Message;

    public void PrintMessage(string text)
    {
        lock (_lock)
            remarks.WriteLine($"netpol: {text}");
    }

    public void Print(string controller, FlowBatch batch)
    {
        lock (_lock)
        {
            if (format == OutputFormat.Text && batch.Lost > 0)
                PrintMessage($"controller {controller}: {batch.Lost} packets or records were lost");
            for (var i = 0; i < batch.Records.Count; i++)
            {
                if (format == OutputFormat.Text)
                    output.Write(Encoding.UTF8.GetBytes(FlowText.Write(batch.Records[i], TimeZoneInfo.Local) + "\n"));
                else
                    WriteDocument(batch.Records[i], i == 0 ? batch.Lost : 0);
            }
            output.Flush();
        }
    }

    private void WriteDocument(FlowRecord record, long lost)
    {
        using var fields = new MemoryStream();
        FlowJson.WriteLine(fields, record, lost);
        DocumentWriter.WriteNext(output, format, "FlowRecord", fields.GetBuffer().AsSpan(0, (int)fields.Length));
    }
}

/// <summary>The last denials that a controller told: it tells them again to whoever comes back.</summary>
internal sealed class RecentDenials
{
    /// <summary>No controller remembers more.</summary>
    private const int Capacity = 512;

    private readonly Queue<FlowRecord> _order = new();
    private readonly HashSet<FlowRecord> _known = [];

    /// <summary>What of a batch was not told before.</summary>
    public FlowBatch WithoutRepeated(FlowBatch batch) => batch with { Records = [.. batch.Records.Where(IsNew)] };

    private bool IsNew(FlowRecord record)
    {
        if (!record.IsDenied)
            return true;
        if (!_known.Add(record))
            return false;
        _order.Enqueue(record);
        if (_order.Count > Capacity)
            _known.Remove(_order.Dequeue());
        return true;
    }
}
