using System.Threading.Channels;
using Grpc.Core;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Tests.Sync;

/// <summary>Both ends of a node stream, without a network.</summary>
internal sealed class FakeStream : IAsyncStreamReader<AgentMessage>, IServerStreamWriter<UpdatePart>
{
    private readonly Channel<AgentMessage> _reports = Channel.CreateUnbounded<AgentMessage>();
    private readonly Channel<UpdatePart> _updates = Channel.CreateUnbounded<UpdatePart>();

    public AgentMessage Current { get; private set; } = new();

    public WriteOptions? WriteOptions { get; set; }

    public int Waiting => _updates.Reader.Count;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (!await _reports.Reader.WaitToReadAsync(cancellationToken))
            return false;
        Current = await _reports.Reader.ReadAsync(cancellationToken);
        return true;
    }

    public Task WriteAsync(UpdatePart message) => _updates.Writer.WriteAsync(message).AsTask();

    public Task WriteAsync(UpdatePart message, CancellationToken cancellationToken) => _updates.Writer.WriteAsync(message, cancellationToken).AsTask();

    public void Report(AgentMessage report) => Assert.IsTrue(_reports.Writer.TryWrite(report));

    public void Applied(ulong generation) => Report(new() { Ack = new() { Generation = generation, Result = Ack.Types.Result.Applied } });

    public void Failed(ulong generation) => Report(new() { Ack = new() { Generation = generation, Result = Ack.Types.Result.Failed, Error = "no" } });

    public void Hangup() => _reports.Writer.Complete();

    public async Task<UpdatePart> NextAsync(CancellationToken cancel) => await _updates.Reader.ReadAsync(cancel);

    public async Task<UpdatePart> NextAsync() => await _updates.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
}
