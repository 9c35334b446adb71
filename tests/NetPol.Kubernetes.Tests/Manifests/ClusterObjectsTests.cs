using System.Text.Json;
using System.Text.Json.Nodes;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Manifests;
using NetPol.Kubernetes.Tests.Client;
using NetPol.Model.Diagnostics;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.Manifests;

[TestClass, TestCategory("Unit")]
public sealed class ClusterObjectsTests
{
    [TestMethod]
    public async Task Missing_definition_has_no_objects()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        using var client = api.Open();
        api.Discovery.Serve();
        var read = ClusterObjects.ReadAsync(client, CancellationToken.None);
        await AnswerAsync(api, kind => kind.Type.Kind switch
        {
            "Namespace" => (200, ApiText.List(1, null, ApiText.Object("shop", 1))),
            "NetworkPolicy" => (200, ApiText.List(1, null, ApiText.Object("p", 1, "shop", new JsonObject { ["podSelector"] = new JsonObject() }))),
            _ => (200, ApiText.List(1, null)),
        });
        var cluster = new ManifestSet();
        var diagnostics = new List<Diagnostic>();
        (await read.WithinAsync("the objects")).AddTo(cluster, diagnostics);
        Assert.AreEqual("Namespace shop, NetworkPolicy shop/p", string.Join(", ", cluster.Objects.Select(o => $"{o.Kind} {o.Id}")));
        Assert.IsEmpty(diagnostics);
    }

    [TestMethod]
    public async Task Unsupported_versions_are_an_error()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        using var client = api.Open();
        api.Discovery.Serve(("v1", ["clusternetworkpolicies"]), ("v1alpha3", ["adminnetworkpolicies", "clusternetworkpolicies"]));
        var read = ClusterObjects.ReadAsync(client, CancellationToken.None);
        await AnswerAsync(api, _ => (200, ApiText.List(1, null)));
        var diagnostics = new List<Diagnostic>();
        (await read.WithinAsync("the objects")).AddTo(new ManifestSet(), diagnostics);
        Assert.AreEqual(
            "AdminNetworkPolicy: the cluster serves AdminNetworkPolicy only as v1alpha3, and NetPol reads v1alpha1: its objects are not read; install a NetPol that reads one of these versions, or let the cluster serve one that NetPol reads\n" +
            "ClusterNetworkPolicy: the cluster serves ClusterNetworkPolicy only as v1, v1alpha3, and NetPol reads v1beta1 and v1alpha2: its objects are not read; install a NetPol that reads one of these versions, or let the cluster serve one that NetPol reads",
            string.Join('\n', diagnostics.Select(d => $"{d.Subject}: {d.Message}")));
        Assert.IsTrue(diagnostics.TrueForAll(d => d.Severity == Severity.Error));
    }

    [TestMethod]
    public async Task A_refusal_is_the_servers_own_word()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        using var client = api.Open();
        var read = ClusterObjects.ReadAsync(client, CancellationToken.None);
        await (await api.Script.NextAsync(Path(WatchedResource.All[0]))).AnswerAsync(ApiText.Status(401, "Unauthorized", "who are you?"), 401);
        var refused = await Assert.ThrowsExactlyAsync<KubernetesApiException>(() => read.WithinAsync("the refusal"));
        Assert.AreEqual("who are you?", refused.Message);
    }

    [TestMethod]
    public async Task An_object_without_a_name_is_no_answer_of_an_API_server()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        using var client = api.Open();
        var read = ClusterObjects.ReadAsync(client, CancellationToken.None);
        await (await api.Script.NextAsync(Path(WatchedResource.All[0]))).AnswerAsync(ApiText.List(1, null, new JsonObject()));
        await Assert.ThrowsExactlyAsync<JsonException>(() => read.WithinAsync("the refusal"));
    }

    private static async Task AnswerAsync(FakeApiServer api, Func<WatchedResource, (int Status, string Body)> answer)
    {
        foreach (var kind in WatchedResource.All.Where(k => !k.IsOptional))
        {
            var (status, body) = answer(kind);
            await (await api.Script.NextAsync(Path(kind))).AnswerAsync(body, status);
        }
    }

    private static string Path(WatchedResource kind) => kind.PathOf(kind.NewestVersion);
}
