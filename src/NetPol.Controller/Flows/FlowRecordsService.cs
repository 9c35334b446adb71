using Grpc.Core;
using NetPol.Controller.Trust;
using NetPol.Protocol;
using NetPol.Protocol.Flows;
using NetPol.Protocol.Wire;
using FlowBatch = NetPol.Protocol.Wire.FlowBatch;

namespace NetPol.Controller.Flows;

/// <summary>Flow records, served: agents report and ask for names, observers watch.</summary>
internal sealed class FlowRecordsService(FlowHub hub, AddressBook book, ConnectionCallers callers) : FlowRecords.FlowRecordsBase
{
    private const int MostAddresses = 256;

    public override Task<FlowDemand> Report(FlowBatch request, ServerCallContext context)
    {
        var node = ConnectionCallers.NodeOf(context);
        var batch = Read(() => WireFlows.Read(request));
        // An agent speaks of its own node only, and of addresses, not of whose they are.
        hub.Publish(batch with { Records = [.. batch.Records.Select(r => r with { Node = node, Source = Known(r.Source), Destination = Known(r.Destination) })] });
        return Task.FromResult<FlowDemand>(new() { RecordsPerSecond = (uint)hub.Demand });
    }

    public override Task<AddressOwners> Name(Addresses request, ServerCallContext context)
    {
        if (request.Addresses_.Count > MostAddresses)
            throw new RpcException(new(StatusCode.InvalidArgument, $"{request.Addresses_.Count} addresses are asked for, {MostAddresses} at most are answered"));
        return Task.FromResult(WireFlows.Write(Read(() => WireFlows.Read(request).ToList()).Select(book.Find)));
    }

    public override Task Observe(FlowFilter request, IServerStreamWriter<FlowBatch> responseStream, ServerCallContext context) =>
        callers.WhileProvenAsync(context, cancel => ObserveAsync(request, responseStream, cancel));

    private async Task ObserveAsync(FlowFilter filter, IServerStreamWriter<FlowBatch> batches, CancellationToken cancel)
    {
        var observer = new FlowObserver(filter);
        var recent = hub.Enter(observer);
        try
        {
            await WriteAsync(new(recent, 0));
            while (filter.Follow)
                await WriteAsync(await observer.TakeAsync(cancel));
        }
        finally
        {
            hub.Leave(observer);
        }

        async Task WriteAsync(Protocol.Flows.FlowBatch batch)
        {
            foreach (var message in WireFlows.Cut(batch))
                await batches.WriteAsync(message, cancel);
        }
    }

    private Protocol.Flows.FlowEnd Known(Protocol.Flows.FlowEnd end) => end with { Owner = book.Find(end.Address) };

    private static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ProtocolException error)
        {
            throw new RpcException(new(StatusCode.InvalidArgument, error.Message));
        }
    }
}
