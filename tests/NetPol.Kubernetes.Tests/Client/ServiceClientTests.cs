using System.Text.Json;
using System.Text.Json.Nodes;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Objects;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.Client;

[TestClass, TestCategory("Unit")]
public sealed class ServiceClientTests
{
    [TestMethod]
    public async Task A_service_is_read_alone()
    {
        var spec = JsonNode.Parse("""
            {"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7", "fd00::7"], "selector": {"app": "db"}, "sessionAffinity": "None",
             "ports": [{"name": "sql", "port": 80, "targetPort": "sql"}, {"protocol": "UDP", "port": 53, "targetPort": 5353}, {"port": 81}]}
            """)!.AsObject();

        var service = (await AskAsync(ApiText.Object("db", 1, "shop", spec).ToJsonString()))!;

        Assert.AreEqual("shop/db app=db [10.96.0.7, fd00::7]", $"{service.Id} {service.Pods} {service.Addresses}");
        Assert.AreEqual("80/TCP (sql) to sql, 53/UDP to 5353, 81/TCP to 81", string.Join(", ", service.Ports.Select(p => $"{p} to {p.TargetName ?? $"{p.Target}"}")));
        Assert.IsFalse(service.IsHeadless);
        Assert.IsEmpty(service.Faults);
    }

    [TestMethod]
    public async Task There_is_none_of_the_name() => Assert.IsNull(await AskAsync(ApiText.Status(404, "NotFound", "services \"db\" not found"), 404));

    [TestMethod]
    public async Task A_refusal_is_the_servers_own_word() => Assert.AreEqual(
        "services is forbidden",
        (await Assert.ThrowsExactlyAsync<KubernetesApiException>(() => AskAsync(ApiText.Status(403, "Forbidden", "services is forbidden"), 403))).Message);

    [TestMethod]
    [DataRow("[]")]
    [DataRow("{}")]
    [DataRow("<html>")]
    public Task What_is_no_service_is_no_answer_of_an_API_server(string body) => Assert.ThrowsExactlyAsync<JsonException>(() => AskAsync(body));

    private static async Task<Service?> AskAsync(string body, int status = 200)
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        using var client = api.Open();
        var read = ServiceClient.GetAsync(client, "shop", "db", CancellationToken.None);
        await (await api.Script.NextAsync("/api/v1/namespaces/shop/services/db")).AnswerAsync(body, status);
        return await read.WithinAsync("the Service");
    }
}
