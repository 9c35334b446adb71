using System.Text;
using Grpc.Core;
using NetPol.Cli.CommandLine;
using NetPol.Protocol;
using NetPol.Protocol.Flows;

namespace NetPol.Cli.Watching;

/// <summary>Prints flow records of several controllers as they come: records to one place, what is wrong to the other. Safe for any thread.</summary>
internal sealed class FlowPrinter(Stream output, TextWriter remarks, string format)
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
            if (format is OutputFormat.Text && batch.Lost > 0)
                Remark($"controller {controller}: {batch.Lost} packets or records were lost");
            for (var i = 0; i < batch.Records.Count; i++)
            {
                if (format is OutputFormat.Json)
                    FlowJson.WriteLine(output, batch.Records[i], i == 0 ? batch.Lost : 0);
                else
                    output.Write(Encoding.UTF8.GetBytes(FlowText.Write(batch.Records[i], TimeZoneInfo.Local) + "\n"));
            }
            output.Flush();
        }
    }
}
