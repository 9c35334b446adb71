using System.Diagnostics;
using NetPol.Model.Net;
using NetPol.Protocol;

namespace NetPol.Fuzz.Tests;

/// <summary>An agent that follows a controller and asks it something now and then, as real ones do.</summary>
internal sealed class ConnectedAgent : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly ControllerChannel _channel;
    private readonly string _token;
    private readonly CancellationTokenSource _end = new();

    private ConnectedAgent(ControllerChannel channel, string token) => (_channel, _token) = (channel, token);

    /// <summary>Connects anew, with a token that the controller has not seen, and waits for the rules.</summary>
    public static async Task<ConnectedAgent> FollowAsync(ControllerProcess controller)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var agent = new ConnectedAgent(controller.OpenAgent(out var token), token);
            try
            {
                await agent.FollowAsync();
                return agent;
            }
            catch (Exception error) when (error is Grpc.Core.RpcException or OperationCanceledException)
            {
                agent.Dispose();
                controller.Process.AssertLives();
                // A real one tries again too.
                if (waited.Elapsed > Timeout)
                    Assert.Fail($"an agent was not served within {Timeout.TotalSeconds} s: {error.Message}\n{controller.Process.Output}");
            }
        }
    }

    /// <summary>Asks the controller a question, and waits for the answer.</summary>
    public async Task AskAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout);
        Assert.HasCount(1, await _channel.GetOwnersAsync(_token, [IpAddress.Parse("192.0.2.1")], timeout.Token));
    }

    public void Dispose()
    {
        _end.Cancel();
        _channel.Dispose();
        _end.Dispose();
    }

    private async Task FollowAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        timeout.CancelAfter(Timeout);
        // The call lives as long as the channel.
        var call = _channel.Sync(_token, _end.Token);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = FuzzedCluster.Node, Agent = "test" } }, timeout.Token);
        Assert.IsTrue(await call.ResponseStream.MoveNext(timeout.Token), "the stream ended before the first rules");
    }
}
