using Grpc.Core;
using NetPol.Controller.Security;
using NetPol.Controller.Watch;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Flows;
using NetPol.Protocol.Wire;
using FlowBatch = NetPol.Protocol.Wire.FlowBatch;

namespace NetPol.Controller.FlowLogs;

/// <summary>The gRPC service of flow records: agents report records and request names of addresses, observers watch.</summary>
internal sealed class FlowRecordsService(FlowRelay relay, IpCache store, ConnectionCallers callers) : FlowRecords.FlowRecordsBase
{
    private const int MostAddresses = 256;

    public override Task<FlowDemand> Report(FlowBatch request, ServerCallContext context)
    {
        var node = ConnectionCallers.GetNode(context);
        var batch = Read(() => FlowConversion.Read(request));
        // An agent reports only about its own node. The controller, not the agent, names the owners of addresses.
        relay.Publish(batch with { Records = [.. batch.Records.Select(r => r with { Node = node, Source = WithOwner(r.Source), Destination = WithOwner(r.Destination) })] });
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

    private Protocol.Flows.FlowEndpoint WithOwner(Protocol.Flows.FlowEndpoint end) => end with { Owner = store.Find(end.Address) };

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
