using Grpc.Core;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Sync;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.FlowLogs;

/// <summary>Tells the controller that is followed, as much as it has a use for.</summary>
internal sealed class ControllerExporter(ActiveController link, FlowMetrics meter, TimeProvider time) : IFlowExporter
{
    /// <summary>Until the controller has said how many it wants.</summary>
    private const int FirstDemand = 10;

    private const int Burst = 10;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private int _demand = FirstDemand;
    private double _allowed = FirstDemand * Burst;
    private long _filled = time.GetTimestamp();

    public FlowLossReason LossReasonWhenSlow => FlowLossReason.Controller;

    public async Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel)
    {
        Fill();
        var sent = (int)Math.Min(_allowed, batch.Records.Count);
        var lost = batch.Lost + batch.Records.Count - sent;
        _allowed -= sent;
        meter.CountNotExported(FlowLossReason.Controller, batch.Records.Count - sent);
        if (sent > 0 && await SendAsync(new([.. batch.Records.Take(sent)], lost), cancel))
            return 0;
        meter.CountNotExported(FlowLossReason.Controller, sent);
        return lost + sent;
    }

    private async Task<bool> SendAsync(FlowBatch batch, CancellationToken cancel)
    {
        if (link.ActiveConnection is not { } connection)
            return false;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(Timeout);
        try
        {
            _demand = await connection.Channel.ReportAsync(connection.Token, batch, timeout.Token);
            return true;
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            cancel.ThrowIfCancellationRequested();
            return false;
        }
    }

    private void Fill()
    {
        _allowed = Math.Min((double)_demand * Burst, _allowed + (time.GetElapsedTime(_filled).TotalSeconds * _demand));
        _filled = time.GetTimestamp();
    }
}

/// <summary>
/// JSON lines at the end of a file. It is opened for every batch, so whoever renames or truncates it (logrotate) needs to tell nobody. One that nobody
/// rotates is renamed to <c>FILE.1</c> at a size, over the one before.
/// </summary>
internal sealed class FileExporter(string path, long maxBytes, FlowMetrics meter, ILogger<FileExporter> log) : IFlowExporter
{
    public const long MaxBytes = 64 << 20;

    private readonly ErrorLogThrottle _failure = new();

    public FlowLossReason LossReasonWhenSlow => FlowLossReason.Queue;

    public async Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length >= maxBytes)
                file.MoveTo(path + ".1", overwrite: true);
            await using var output = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            await WriteAsync(output, FlowJsonLines.Serialize(batch), cancel);
            _failure.Clear();
            return 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            meter.CountNotExported(FlowLossReason.Output, batch.Records.Count);
            if (_failure.IsNew(error.Message))
                Log.FlowFileNotWritten(log, path, error.Message);
            return batch.Lost + batch.Records.Count;
        }
    }

    /// <summary>All lines or none: half a line, of a file system that is full, would spoil the next one too.</summary>
    private static async Task WriteAsync(FileStream output, ReadOnlyMemory<byte> lines, CancellationToken cancel)
    {
        var end = output.Length;
        try
        {
            await output.WriteAsync(lines, cancel);
        }
        catch (IOException)
        {
            output.SetLength(end);
            throw;
        }
    }
}

/// <summary>A batch as JSON lines; the first tells what was lost before.</summary>
internal static class FlowJsonLines
{
    public static ReadOnlyMemory<byte> Serialize(FlowBatch batch)
    {
        using var lines = new MemoryStream();
        for (var i = 0; i < batch.Records.Count; i++)
            FlowJson.WriteLine(lines, batch.Records[i], i == 0 ? batch.Lost : 0);
        return lines.GetBuffer().AsMemory(0, (int)lines.Length);
    }
}

/// <summary>Where records go. One call at a time.</summary>
internal interface IFlowExporter
{
    /// <summary>What is to be counted for records that come faster than it writes.</summary>
    FlowLossReason LossReasonWhenSlow { get; }

    /// <summary>Writes what it can, and counts what it cannot. Does not fail for what happens outside, but may wait for it, and block, for ever.</summary>
    /// <returns>What the next batch has to tell as lost: the records that were not written, and those that this batch should have told of, if it could not.</returns>
    Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel);
}

/// <summary>JSON lines on the standard output. While nobody reads it, a write does not return.</summary>
internal sealed class JsonLinesExporter(Stream output, FlowMetrics meter) : IFlowExporter
{
    public FlowLossReason LossReasonWhenSlow => FlowLossReason.Queue;

    public Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel)
    {
        try
        {
            output.Write(FlowJsonLines.Serialize(batch).Span);
            return Task.FromResult(0L);
        }
        catch (IOException)
        {
            // The log goes the same way, so there is nobody to tell.
            meter.CountNotExported(FlowLossReason.Output, batch.Records.Count);
            return Task.FromResult(batch.Lost + batch.Records.Count);
        }
    }
}
