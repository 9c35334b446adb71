using System.Diagnostics;
using NetPol.Model;
using NetPol.Protocol;

namespace NetPol.Fuzz.Tests;

/// <summary>An agent that follows a controller and asks it something now and then, as real ones do.</summary>
internal sealed class ServedAgent : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ControllerChannel _channel;
    private readonly string _token;
    private readonly CancellationTokenSource _end = new();

    private ServedAgent(ControllerChannel channel, string token) => (_channel, _token) = (channel, token);

    /// <summary>Connects anew, with a token that the controller has not seen, and waits for the rules.</summary>
    public static async Task<ServedAgent> FollowAsync(ControllerProcess controller)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var agent = new ServedAgent(controller.OpenAgent(out var token), token);
            try
            {
                await agent.FollowAsync();
                return agent;
            }
            catch (Exception error) when (error is Grpc.Core.RpcException or OperationCanceledException)
            {
                agent.Dispose();
                controller.AssertLives();
                // A real one tries again too.
                if (waited.Elapsed > Patience)
                    Assert.Fail($"an agent was not served within {Patience.TotalSeconds} s: {error.Message}\n{controller.Said}");
            }
        }
    }

    /// <summary>Asks the controller a question, and waits for the answer.</summary>
    public async Task AskAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        Assert.HasCount(1, await _channel.NameAsync(_token, [IpAddress.Parse("192.0.2.1")], patience.Token));
    }

    public void Dispose()
    {
        _end.Cancel();
        _channel.Dispose();
        _end.Dispose();
    }

    private async Task FollowAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        patience.CancelAfter(Patience);
        // The call lives as long as the channel.
        var call = _channel.Follow(_token, _end.Token);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = FakeCluster.Node, Agent = "test" } }, patience.Token);
        Assert.IsTrue(await call.ResponseStream.MoveNext(patience.Token), "the stream ended before the first rules");
    }
}
