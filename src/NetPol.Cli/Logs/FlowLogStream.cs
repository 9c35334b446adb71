using System.Collections.Concurrent;
using System.Text;
using Grpc.Core;
using NetPol.Cli.Infrastructure;
using NetPol.Protocol;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Flows;

namespace NetPol.Cli.Logs;

/// <summary>
/// Streams the flow records of all ready controllers. Subscribes to controllers that appear later, and again to those it lost. Prints its subscriptions
/// and any errors once each time they change.
/// </summary>
/// <param name="find">Returns the names of the ready controllers.</param>
/// <param name="observe">Subscribes to a controller. The first batch arrives at once and contains its recent denials, if any.</param>
/// <param name="printer">Prints the records.</param>
/// <param name="time">The clock.</param>
internal sealed class FlowLogStream(
    Func<CancellationToken, Task<IReadOnlyList<string>>> find, Func<string, CancellationToken, IAsyncEnumerable<FlowBatch>> observe, FlowPrinter printer, TimeProvider time)
{
    /// <summary>How often the stream looks up the ready controllers.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, string> _failures = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _connected = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RecentDenials> _denials = new(StringComparer.Ordinal);

    /// <summary>Runs until canceled.</summary>
    /// <exception cref="CommandException">At the start no controller is ready, or the cluster does not respond.</exception>
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
                streams.AddRange(found.Where(name => _connected.TryAdd(name, true)).Select(name => ReadAsync(name, cancel)));
                await timer.WaitForNextTickAsync(cancel);
                found = await FindAsync(cancel);
            }
            while (!cancel.IsCancellationRequested);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The user interrupted the command.
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
            ReportFailure("", $"cannot find the controllers: {error.Message}");
            return [];
        }
    }

    private async Task ReadAsync(string name, CancellationToken cancel)
    {
        var denials = _denials.GetOrAdd(name, _ => new());
        var failure = "it ended the stream";
        var isConnected = false;
        try
        {
            await foreach (var batch in observe(name, cancel))
            {
                if (!isConnected)
                    printer.PrintMessage($"connected to controller {name}");
                isConnected = true;
                _failures.TryRemove(name, out _);
                printer.Print(name, denials.WithoutRepeated(batch));
            }
        }
        catch (Exception error) when (FlowPrinter.IsStreamError(error))
        {
            failure = FlowPrinter.Describe(error);
        }
        _connected.TryRemove(name, out _);
        if (!cancel.IsCancellationRequested)
            ReportFailure(name, $"lost connection to controller {name}: {failure}; reconnecting");
    }

    private void ReportFailure(string about, string failure)
    {
        if (_failures.TryGetValue(about, out var reported) && string.Equals(reported, failure, StringComparison.Ordinal))
            return;
        _failures[about] = failure;
        printer.PrintMessage(failure);
    }
}

/// <summary>Prints flow records of several controllers as they arrive: records to one stream, errors to another. Thread-safe.</summary>
internal sealed class FlowPrinter(Stream output, TextWriter remarks, OutputFormat format)
{
    private readonly Lock _lock = new();

    /// <summary>Prints the records that a controller keeps.</summary>
    /// <returns>False when the controller failed to send them all; the error is printed. A cancellation is no failure.</returns>
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
            PrintMessage($"controller {controller}: {Describe(error)}; the records of its nodes are missing");
            return false;
        }
    }

    /// <summary>Returns whether the error is one that can end a stream of records.</summary>
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
                    DocumentWriter.WriteNext(output, format, FlowRecordDocument.Create(batch.Records[i], i == 0 ? batch.Lost : 0));
            }
            output.Flush();
        }
    }
}

/// <summary>The latest denials that a controller sent. The controller sends them again to a client that reconnects.</summary>
internal sealed class RecentDenials
{
    /// <summary>The number of denials that a controller keeps.</summary>
    private const int Capacity = 512;

    private readonly Queue<FlowRecord> _order = new();
    private readonly HashSet<FlowRecord> _known = [];

    /// <summary>Returns the batch without the records that the controller sent before.</summary>
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
