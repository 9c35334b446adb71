using Grpc.Core;
using NetPol.Controller.Security;
using NetPol.Controller.Watch;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Flows;
using NetPol.Protocol.Wire;
using FlowBatch = NetPol.Protocol.Wire.FlowBatch;

namespace NetPol.Controller.FlowLogs;

/// <summary>Flow records, served: agents report and ask for names, observers watch.</summary>
internal sealed class FlowRecordsService(FlowRelay relay, IpCache store, ConnectionCallers callers) : FlowRecords.FlowRecordsBase
{
    private const int MostAddresses = 256;

    public override Task<FlowDemand> Report(FlowBatch request, ServerCallContext context)
    {
        var node = ConnectionCallers.GetNode(context);
        var batch = Read(() => FlowConversion.Read(request));
        // An agent speaks of its own node only, and of addresses, not of whose they are.
        relay.Publish(batch with { Records = [.. batch.Records.Select(r => r with { Node = node, Source = Known(r.Source), Destination = Known(r.Destination) })] });
        return Task.FromResult<FlowDemand>(new() { RecordsPerSecond = (uint)relay.Demand });
    }

    public override Task<AddressOwners> GetOwners(Addresses request, ServerCallContext context)
    {
        if (request.Addresses_.Count > MostAddresses)
            throw new RpcException(new(StatusCode.InvalidArgument, $"{request.Addresses_.Count} addresses are asked for, {MostAddresses} at most are answered"));
        return Task.FromResult(FlowConversion.Write(Read(() => FlowConversion.Read(request).ToList()).Select(store.Find)));
    }

    public override Task Observe(FlowFilter request, IServerStreamWriter<FlowBatch> responseStream, ServerCallContext context) =>
        callers.WhileAuthenticatedAsync(context, cancel => ObserveAsync(request, responseStream, cancel));

    private async Task ObserveAsync(FlowFilter filter, IServerStreamWriter<FlowBatch> batches, CancellationToken cancel)
    {
        var observer = new FlowSubscriber(filter);
        var recent = relay.Subscribe(observer);
        try
        {
            await WriteAsync(new(recent, 0));
            while (filter.Follow)
                await WriteAsync(await observer.DequeueAsync(cancel));
        }
        finally
        {
            relay.Unsubscribe(observer);
        }

        async Task WriteAsync(Protocol.Flows.FlowBatch batch)
        {
            foreach (var message in FlowConversion.Split(batch))
                await batches.WriteAsync(message, cancel);
        }
    }

    private Protocol.Flows.FlowEndpoint Known(Protocol.Flows.FlowEndpoint end) => end with { Owner = store.Find(end.Address) };

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
