using Grpc.Core;
using Microsoft.AspNetCore.Http;
using NetPol.Controller.Inspecting;
using NetPol.Controller.Tests.Together;
using NetPol.Controller.Tests.Trust;
using NetPol.Controller.Trust;
using NetPol.Testing;

namespace NetPol.Controller.Tests.Inspecting;

[TestClass, TestCategory("Unit")]
public sealed class InspectionsServiceTests
{
    private readonly PausedTime _time = new();

    [TestMethod]
    public async Task A_node_whose_stream_breaks_before_it_is_answered_is_not_waited_for()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var api = await FakeApi.StartAsync(AnswerAgentAsync);
        using var authenticator = new AgentAuthenticator(api.Client, new(), TestMeter.Access(), _time);
        var desk = new InspectionDesk(_time);
        var service = new InspectionsService(desk, new(authenticator, _time));
        var call = new FakeCallContext("token", patience.Token) { WriteHeaders = () => throw new IOException("the connection broke") };
        ConnectionCallers.Note(call.Http, new("n1"));
        await Assert.ThrowsExactlyAsync<IOException>(() => service.Serve(null!, null!, call));
        var refused = await Assert.ThrowsExactlyAsync<RpcException>(() => desk.AskAsync(new() { Node = "n1" }, patience.Token).WaitAsync(patience.Token));
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
