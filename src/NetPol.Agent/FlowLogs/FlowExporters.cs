using Grpc.Core;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Sync;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.FlowLogs;

/// <summary>Sends records to the connected controller, at most as many as it asks for.</summary>
internal sealed class ControllerExporter(ActiveController link, FlowMetrics meter, TimeProvider time) : IFlowExporter
{
    /// <summary>The number of records per second, until the controller sends its own limit.</summary>
    private const int InitialRate = 10;

    private const int Burst = 10;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private int _rate = InitialRate;
    private double _tokens = InitialRate * Burst;
    private long _refilledAt = time.GetTimestamp();

    public FlowLossReason LossReasonWhenSlow => FlowLossReason.Controller;

    public async Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel)
    {
        Refill();
        var sent = (int)Math.Min(_tokens, batch.Records.Count);
        var lost = batch.Lost + batch.Records.Count - sent;
        _tokens -= sent;
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
            _rate = await connection.Channel.ReportAsync(connection.Token, batch, timeout.Token);
            return true;
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            cancel.ThrowIfCancellationRequested();
            return false;
        }
    }

    private void Refill()
    {
        _tokens = Math.Min((double)_rate * Burst, _tokens + (time.GetElapsedTime(_refilledAt).TotalSeconds * _rate));
        _refilledAt = time.GetTimestamp();
    }
}

/// <summary>
/// Appends JSON lines to a file. It opens the file for every batch, so logrotate can rename or truncate the file without a signal. At its maximum size the file is renamed to
/// <c>FILE.1</c>, which replaces the one before.
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

    /// <summary>Writes all lines or none: half a line, on a full file system, would make the next line unreadable too.</summary>
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

/// <summary>Writes a batch as JSON lines. The first line has the number of records lost before it.</summary>
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

/// <summary>An output of flow records. One call at a time.</summary>
internal interface IFlowExporter
{
    /// <summary>The reason to count for records that arrive faster than it writes.</summary>
    FlowLossReason LossReasonWhenSlow { get; }

    /// <summary>Writes the records that it can, and counts the others. It does not throw for errors of the output, but it may block without limit.</summary>
    /// <returns>The number that the next batch must report as lost: the records that were not written, and this batch's own number if it could not be reported.</returns>
    Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel);
}

/// <summary>Writes JSON lines to the standard output. A write blocks while the reader of the output does not read.</summary>
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
            // The log uses the same output, so this error cannot be logged.
            meter.CountNotExported(FlowLossReason.Output, batch.Records.Count);
            return Task.FromResult(batch.Lost + batch.Records.Count);
        }
    }
}
