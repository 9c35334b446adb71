using Grpc.Core;
using Microsoft.AspNetCore.Http;
using NetPol.Controller.NodeInspection;
using NetPol.Controller.Security;
using NetPol.Controller.Tests.EndToEnd;
using NetPol.Controller.Tests.Security;
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
        await using var api = await FakeApi.StartAsync(AnswerAgentAsync);
        using var authenticator = new TokenAuthenticator(api.Client, new(), TestControllerMetrics.Access(), _time);
        var broker = new InspectionBroker(_time);
        var service = new InspectionsService(broker, new(authenticator, _time));
        var call = new FakeCallContext("token", timeout.Token) { WriteHeaders = () => throw new IOException("the connection broke") };
        ConnectionCallers.SetCaller(call.Http, new("n1"));
        await Assert.ThrowsExactlyAsync<IOException>(() => service.Serve(null!, null!, call));
        var refused = await Assert.ThrowsExactlyAsync<RpcException>(() => broker.AskAsync(new() { Node = "n1" }, timeout.Token).WaitAsync(timeout.Token));
        Assert.AreEqual(StatusCode.NotFound, refused.StatusCode);
    }

    /// <summary>The token is that of an agent's pod on node n1.</summary>
    private static Task AnswerAgentAsync(HttpContext context) => context.Response.WriteAsync(HttpMethods.IsGet(context.Request.Method)
        ? """{"metadata":{"name":"agent","uid":"u"},"spec":{"nodeName":"n1"}}"""
        : """
          {"status":{"authenticated":true,"audiences":["netpol"],"user":{"username":"system:serviceaccount:netpol-system:netpol-agent",
          "extra":{"authentication.kubernetes.io/pod-name":["agent"],"authentication.kubernetes.io/pod-uid":["u"]}}}}
          """);
}
