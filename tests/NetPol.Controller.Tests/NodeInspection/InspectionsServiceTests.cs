using Grpc.Core;
using NetPol.Controller.NodeInspection;
using NetPol.Controller.Security;
using NetPol.Controller.Tests.Security;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests.NodeInspection;

[TestClass, TestCategory("Unit")]
public sealed class InspectionsServiceTests
{
    private readonly PausedTimeProvider _time = new();

    [TestMethod]
    public async Task A_node_whose_stream_breaks_before_it_is_answered_is_not_waited_for()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var api = await FakeApiServer.StartAsync();
        api.Objects.Put("Pod", """{"metadata":{"name":"agent","namespace":"netpol-system","uid":"u"},"spec":{"nodeName":"n1"}}""");
        api.Tokens.Answer = (_, _) => Task.FromResult(TokenReviews.Authenticated("netpol-agent", "agent", "u"));
        using var authenticator = new TokenAuthenticator(api.Client, new(), TestControllerMetrics.Access(), _time);
        var broker = new InspectionBroker(_time);
        var service = new InspectionsService(broker, new(authenticator, _time));
        var call = new FakeCallContext("token", timeout.Token) { WriteHeaders = () => throw new IOException("the connection broke") };
        ConnectionCallers.SetCaller(call.Http, new("n1"));
        await Assert.ThrowsExactlyAsync<IOException>(() => service.Serve(null!, null!, call));
        var refused = await Assert.ThrowsExactlyAsync<RpcException>(() => broker.AskAsync(new() { Node = "n1" }, timeout.Token).WaitAsync(timeout.Token));
        Assert.AreEqual(StatusCode.NotFound, refused.StatusCode);
    }
}
