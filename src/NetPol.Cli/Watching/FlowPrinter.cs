using System.Text;
using Grpc.Core;
using NetPol.Cli.CommandLine;
using NetPol.Protocol;
using NetPol.Protocol.Flows;
using NetPol.Protocol.Wire;
using FlowBatch = NetPol.Protocol.Flows.FlowBatch;

namespace NetPol.Cli.Watching;

/// <summary>Observes the flow records of several controllers and prints them as they come: records to one place, what is wrong to the other.</summary>
internal sealed class FlowPrinter(Stream output, TextWriter remarks, string format)
{
    private readonly Lock _lock = new();

    /// <summary>Returns when every controller has ended its stream. Disposes the channels.</summary>
    /// <param name="controllers">By name.</param>
    /// <param name="token">An observer's.</param>
    /// <param name="filter">What to show.</param>
    /// <param name="cancel">Ends all; that is no failure.</param>
    public async Task<int> RunAsync(IReadOnlyDictionary<string, ControllerChannel> controllers, string token, FlowFilter filter, CancellationToken cancel)
    {
        var ends = await Task.WhenAll(controllers.Select(c => ObserveAsync(c.Key, c.Value, token, filter, cancel)));
        return Array.TrueForAll(ends, ended => ended) ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>False when the stream ended though it should go on.</summary>
    private async Task<bool> ObserveAsync(string name, ControllerChannel channel, string token, FlowFilter filter, CancellationToken cancel)
    {
        using var owned = channel;
        var trouble = "ended the stream";
        try
        {
            await foreach (var batch in channel.ObserveAsync(token, filter, cancel))
                Print(name, batch);
            if (!filter.Follow)
                return true;
        }
        catch (Exception error) when (error is RpcException or ProtocolException or OperationCanceledException)
        {
            if (cancel.IsCancellationRequested)
                return true;
            trouble = error is RpcException rpc ? rpc.Status.Detail : error.Message;
        }
        lock (_lock)
            remarks.WriteLine($"netpol: controller {name}: {trouble}; what its nodes record is not shown any more");
        return false;
    }

    private void Print(string name, FlowBatch batch)
    {
        lock (_lock)
        {
            if (format is OutputFormat.Text && batch.Lost > 0)
                remarks.WriteLine($"netpol: controller {name}: {batch.Lost} packets or records were lost");
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
