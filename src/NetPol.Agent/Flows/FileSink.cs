using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>
/// JSON lines at the end of a file. It is opened for every batch, so whoever renames or truncates it (logrotate) needs to tell nobody. One that nobody
/// rotates is renamed to <c>FILE.1</c> at a size, over the one before.
/// </summary>
internal sealed class FileSink(string path, long maxBytes, FlowMeter meter, ILogger<FileSink> log) : IFlowSink
{
    public const long MaxBytes = 64 << 20;

    private readonly OneTrouble _trouble = new();

    public FlowLoss WhenSlow => FlowLoss.Queue;

    public async Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length >= maxBytes)
                file.MoveTo(path + ".1", overwrite: true);
            await using var output = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            await WriteAsync(output, FlowLines.Of(batch), cancel);
            _trouble.IsOver();
            return 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            meter.NotWritten(FlowLoss.Output, batch.Records.Count);
            if (_trouble.Is(error.Message))
                Log.NotWritten(log, path, error.Message);
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
