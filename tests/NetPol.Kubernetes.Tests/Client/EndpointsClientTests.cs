using System.Text.Json;
using System.Text.Json.Nodes;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Objects;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.Client;

[TestClass, TestCategory("Unit")]
public sealed class EndpointsClientTests
{
    private const string Slices = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices";
    private const string OldSlices = "/apis/discovery.k8s.io/v1beta1/namespaces/shop/endpointslices";
    private const string Whole = "/api/v1/namespaces/shop/endpoints/db";

    private static readonly string Absent = ApiText.Status(404, "NotFound", "the server could not find the requested resource");

    private static readonly JsonObject Slice = JsonNode.Parse("""
        {"metadata": {"name": "db-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "db", "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io"}},
         "addressType": "IPv4",
         "endpoints": [{"addresses": ["192.0.2.7", "192.0.2.8"], "conditions": {"ready": false}, "targetRef": {"kind": "Pod", "name": "db-0"}, "topology": {"kubernetes.io/hostname": "n"}}, {"addresses": ["192.0.2.9"]}],
         "ports": [{"name": "", "port": 5432}, {"name": "dns", "protocol": "UDP", "port": 53}, {"name": "any"}]}
        """)!.AsObject();

    [TestMethod]
    public async Task The_slices_are_those_with_the_label_of_the_service()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        using var client = api.Open();

        var read = EndpointsClient.ListSlicesAsync(client, "shop", "db", CancellationToken.None);
        var request = await api.Script.NextAsync(Slices);
        var label = request["labelSelector"];
        await request.AnswerAsync(ApiText.List(1, null, Slice.DeepClone()));
        var slice = (await read.WithinAsync("the slices")).Single();

        Assert.AreEqual("kubernetes.io/service-name=db", label);
        Assert.AreEqual(("EndpointSlice shop/db-1", "shop", "db", true, false), ($"{slice}", slice.Namespace, slice.Service, slice.IsMirror, slice.IsEndpointsObject));
        Assert.AreEqual("192.0.2.7 shop/db-0, 192.0.2.8 shop/db-0, 192.0.2.9 on 5432/Tcp, dns 53/Udp", Describe(slice));
        Assert.IsEmpty(slice.Faults);
    }

    [TestMethod]
    [DataRow(200, 1)]
    [DataRow(404, 0)]
    public async Task An_older_server_is_asked_for_the_older_version(int status, int slices)
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        using var client = api.Open();

        var read = EndpointsClient.ListSlicesAsync(client, "shop", "db", CancellationToken.None);
        await (await api.Script.NextAsync(Slices)).AnswerAsync("404 page not found", 404);
        await (await api.Script.NextAsync(OldSlices)).AnswerAsync(status == 200 ? ApiText.List(1, null, Slice.DeepClone()) : Absent, status);

        Assert.HasCount(slices, await read.WithinAsync("the slices"));
    }

    [TestMethod]
    public async Task An_Endpoints_object_holds_what_is_ready_and_what_is_not()
    {
        var whole = (await AskAsync(EndpointsClient.GetEndpointsAsync, Whole, """
            {"kind": "Endpoints", "apiVersion": "v1", "metadata": {"name": "db", "namespace": "shop"}, "subsets": [
              {"addresses": [{"ip": "192.0.2.7", "nodeName": "n", "targetRef": {"kind": "Pod", "namespace": "shop", "name": "db-0"}}], "notReadyAddresses": [{"ip": "fd00::7"}], "ports": [{"port": 5432}]},
              {"addresses": [{"ip": "192.0.2.8"}]}]}
            """))!;

        Assert.AreEqual(("Endpoints shop/db", "shop", "db", true), ($"{whole}", whole.Namespace, whole.Service, whole.IsEndpointsObject));
        Assert.AreEqual("192.0.2.7 shop/db-0, fd00::7 on 5432/Tcp; 192.0.2.8 on ", Describe(whole));
        Assert.IsEmpty(whole.Faults);
    }

    [TestMethod]
    public async Task There_is_no_Endpoints_object_of_the_name() => Assert.IsNull(await AskAsync(EndpointsClient.GetEndpointsAsync, Whole, Absent, 404));

    [TestMethod]
    public async Task A_refusal_is_no_absence() => Assert.AreEqual(
        "endpointslices is forbidden",
        (await Assert.ThrowsExactlyAsync<KubernetesApiException>(() => AskAsync(EndpointsClient.ListSlicesAsync, Slices, ApiText.Status(403, "Forbidden", "endpointslices is forbidden"), 403))).Message);

    [TestMethod]
    [DataRow("[]")]
    [DataRow("{}")]
    [DataRow("<html>")]
    [DataRow("""{"items": [{}]}""")]
    [DataRow("""{"items": [null]}""")]
    public async Task What_is_neither_is_no_answer_of_an_API_server(string body)
    {
        await Assert.ThrowsAsync<JsonException>(() => AskAsync(EndpointsClient.ListSlicesAsync, Slices, body));
        await Assert.ThrowsAsync<JsonException>(() => AskAsync(EndpointsClient.GetEndpointsAsync, Whole, body));
    }

    private static string Describe(ServiceEndpoints endpoints) => string.Join("; ", endpoints.Subsets.Select(s =>
        $"{string.Join(", ", s.Endpoints.Select(e => $"{e.Address} {e.Pod}".TrimEnd()))} on {string.Join(", ", s.Ports.Select(p => $"{p.Name} {p.Number}/{p.Protocol}".TrimStart()))}"));

    private static async Task<T> AskAsync<T>(Func<KubernetesApi, string, string, CancellationToken, Task<T>> ask, string path, string body, int status = 200)
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        using var client = api.Open();
        var read = ask(client, "shop", "db", CancellationToken.None);
        await (await api.Script.NextAsync(path)).AnswerAsync(body, status);
        return await read.WithinAsync("the endpoints");
    }
}
