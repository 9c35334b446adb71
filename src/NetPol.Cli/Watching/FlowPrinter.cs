using System.Text;
using Grpc.Core;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Output;
using NetPol.Protocol;
using NetPol.Protocol.Flows;

namespace NetPol.Cli.Watching;

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
        catch (Exception error) when (IsOfStream(error))
        {
            if (cancel.IsCancellationRequested)
                return true;
            Remark($"controller {controller}: {Trouble(error)}; what its nodes record is not shown");
            return false;
        }
    }

    /// <summary>Whether a stream of records can end so.</summary>
    public static bool IsOfStream(Exception error) => error is RpcException or ProtocolException or CommandException or OperationCanceledException;

    public static string Trouble(Exception error) => error is RpcException rpc ? ControllerChannel.Words(rpc) : error.Message;

    public void Remark(string text)
    {
        lock (_lock)
            remarks.WriteLine($"netpol: {text}");
    }

    public void Print(string controller, FlowBatch batch)
    {
        lock (_lock)
        {
            if (format == OutputFormat.Text && batch.Lost > 0)
                Remark($"controller {controller}: {batch.Lost} packets or records were lost");
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
