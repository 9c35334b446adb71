using System.Text.Json;
using NetPol.Cli.Tests.Input;

namespace NetPol.Cli.Tests.Services;

/// <summary>A Service without a selector as the destination of <c>explain</c>.</summary>
[TestClass, TestCategory("Process")]
public sealed class EndpointSliceTests
{
    private const string Pods = """
        { apiVersion: v1, kind: Namespace, metadata: { name: shop } }
        ---
        { apiVersion: v1, kind: Namespace, metadata: { name: data } }
        ---
        apiVersion: v1
        kind: Node
        metadata: { name: node }
        status: { addresses: [{ type: InternalIP, address: 172.18.0.9 }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: web, namespace: shop }
        spec: { nodeName: node, containers: [{ name: c }] }
        status: { podIP: 10.0.0.1, podIPs: [{ ip: 10.0.0.1 }, { ip: "fd00::1" }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: four, namespace: shop }
        spec: { nodeName: node, containers: [{ name: c }] }
        status: { podIP: 10.0.0.4 }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: db-0, namespace: data, labels: { app: db } }
        spec: { nodeName: node, containers: [{ name: c }] }
        status: { podIP: 10.0.0.10, podIPs: [{ ip: 10.0.0.10 }, { ip: "fd00::10" }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: db-1, namespace: data, labels: { app: db } }
        spec: { nodeName: node, containers: [{ name: c }] }
        status: { podIP: 10.0.0.11 }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: started, namespace: data }
        spec: { nodeName: node, containers: [{ name: c }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: host, namespace: data }
        spec: { nodeName: node, hostNetwork: true, containers: [{ name: c }] }
        status: { podIP: 172.18.0.9 }
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: closed, namespace: data }
        spec: { podSelector: { matchLabels: { app: db } } }

        """;

    private const string Service = """
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: ext, namespace: data }
        spec: { clusterIPs: [10.96.0.7, "fd00:96::7"], ports: [{ name: sql, port: 80, targetPort: 9 }, { name: web, port: 81 }, { name: dns, port: 53, protocol: UDP }] }

        """;

    private const string Headless = """
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: ext, namespace: data }
        spec: { clusterIP: None, ports: [{ name: sql, port: 80 }] }

        """;

    [TestMethod]
    public async Task Each_endpoint_is_a_pod_or_an_address_on_the_port_of_its_own_slice()
    {
        var outcome = await ExplainAsync(
            "80",
            Slice("a", "IPv4", "{ addresses: [10.0.0.10] }, { addresses: [192.0.2.7], conditions: { ready: false } }, { addresses: [192.0.2.9] }, { addresses: [172.18.0.9] }", "{ name: sql, port: 5432 }, { name: web, port: 80 }"),
            Slice("b", "IPv4", "{ addresses: [10.0.0.11] }", "{ name: sql, port: 5433 }"),
            Slice("c", "IPv6", "{ addresses: ['fd00::10'] }", "{ name: sql, port: 5432 }"),
            Slice("d", "FQDN", "{ addresses: [db.example.org] }", "{ name: sql, port: 5432 }"),
            Slice("e", "IPv4", "{ addresses: [192.0.2.8] }", "{ name: web, port: 80 }, { name: sql, port: 53, protocol: UDP }, { name: sql }"));

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        StringAssert.StartsWith(outcome.Output, """
            shop/web -> Service data/ext 80
              policies do not see the address of the Service (10.96.0.7, fd00:96::7): they see the endpoint that receives the connection
              data/db-0 on 5432/TCP: denied (egress allow by default; ingress deny by isolation of data/closed)
              data/db-1 on 5433/TCP: denied (egress allow by default; ingress deny by isolation of data/closed)
              172.18.0.9 on 5432/TCP: allowed (egress allow by default; ingress allow by default)
              192.0.2.7, 192.0.2.9 on 5432/TCP: allowed (egress allow by default; ingress allow by default)

            shop/web (10.0.0.1) -> data/db-0 (10.0.0.10) 5432/TCP: denied
            """);
        StringAssert.Contains(outcome.Error, "note: EndpointSlice data/d has host names, which are omitted: db.example.org\n");
        StringAssert.Contains(outcome.Error, "note: EndpointSlice data/e gives the port sql/TCP of the Service no number, so it sends nothing to 192.0.2.8\n");
    }

    [TestMethod]
    public async Task As_data_pods_and_addresses_are_apart()
    {
        var outcome = await ExplainAsync(["-o", "json"], "sql", Slice("a", "IPv4", "{ addresses: [192.0.2.7] }, { addresses: [10.0.0.10] }, { addresses: [10.0.0.11] }", "{ name: sql, port: 5432 }"));

        using var json = JsonDocument.Parse(outcome.Output);
        Assert.AreEqual(
            "data/db-0 data/db-1 |  deny data/db-0,  | 192.0.2.7 allow 192.0.2.7",
            string.Join(", ", json.RootElement.GetProperty("answers").EnumerateArray().Select(a =>
                $"{Names(a, "pods")} | {Names(a, "addresses")} {a.GetProperty("explanation").GetProperty("verdict").GetString()} {a.GetProperty("explanation").GetProperty("to").GetString()}")));
    }

    [TestMethod]
    public async Task The_named_pod_counts_unless_the_address_belongs_to_another_pod()
    {
        var outcome = await ExplainAsync("80", Slice(
            "a",
            "IPv4",
            """
            { addresses: [172.18.0.9], targetRef: { kind: Pod, name: host } }, { addresses: [10.0.0.99], targetRef: { kind: Pod, name: started } },
            { addresses: [10.0.0.11], targetRef: { kind: Pod, name: db-0 } }, { addresses: [192.0.2.7], targetRef: { kind: Pod, name: deleted, namespace: shop } },
            { addresses: [192.0.2.8], targetRef: { kind: Node, name: db-0 } }, { addresses: [10.0.0.1], targetRef: { kind: Pod, name: started } }
            """,
            "{ name: sql, port: 1 }"));

        StringAssert.Contains(outcome.Output, "  data/db-1 on 1/TCP: denied");
        StringAssert.Contains(outcome.Output, "  data/host on 1/TCP: allowed");
        StringAssert.Contains(outcome.Output, "  data/started on 1/TCP: allowed");
        StringAssert.Contains(outcome.Output, "  shop/web on 1/TCP: allowed");
        StringAssert.Contains(outcome.Output, "  192.0.2.7, 192.0.2.8 on 1/TCP: allowed");
        Assert.AreEqual(
            """
            note: EndpointSlice data/a says that 10.0.0.11 is the pod data/db-0, which has 10.0.0.10, fd00::10: the address counts
            note: EndpointSlice data/a says that 192.0.2.7 is the pod shop/deleted, which is not there: the address counts
            note: EndpointSlice data/a says that 10.0.0.1 is the pod data/started, which has 10.244.0.2, fd00:10:244::2: the address counts

            """,
            Notes(outcome.Error));
    }

    [TestMethod]
    public async Task An_endpoint_of_a_family_that_the_source_lacks_is_omitted()
    {
        const string Ports = "{ name: sql, port: 5432 }";
        var six = Slice("b", "IPv6", "{ addresses: ['2001:db8::7'] }", Ports);

        var both = await ExplainAsync(["--from", "shop/four"], "80", Slice("a", "IPv4", "{ addresses: [192.0.2.7] }", Ports), six);
        var none = await ExplainAsync(["--from", "shop/four"], "80", six);

        StringAssert.Contains(both.Output, "\n  192.0.2.7 on 5432/TCP: allowed");
        Assert.AreEqual("note: shop/four and 2001:db8::7 have no address family in common, so no connection goes there\n", Notes(both.Error));
        Assert.AreEqual(2, none.ExitCode);
        StringAssert.Contains(none.Error, "shop/four and 2001:db8::7 have no address family in common: there is no connection between them");
    }

    [TestMethod]
    public async Task An_endpoint_of_a_family_that_the_service_lacks_is_omitted()
    {
        var outcome = await NetPolProcess.RunAsync(
            Pods + Service.Replace(", \"fd00:96::7\"", "", StringComparison.Ordinal) +
            Slice("a", "IPv4", "{ addresses: [192.0.2.7] }", "{ name: sql, port: 5432 }") + Slice("b", "IPv6", "{ addresses: ['2001:db8::7'] }", "{ name: sql, port: 5432 }"),
            Arguments("80"));

        StringAssert.Contains(outcome.Output, "\n  192.0.2.7 on 5432/TCP: allowed");
        Assert.AreEqual("note: the Service has no address of that family, so it sends nothing to 2001:db8::7\n", outcome.Error);
    }

    [TestMethod]
    public async Task What_is_in_the_files_twice_is_reported()
    {
        var slice = Slice("a", "IPv4", "{ addresses: [192.0.2.7] }", "{ name: sql, port: 5432 }");

        Assert.AreEqual("netpol: EndpointSlice data/a is in the files twice: keep one of the two\n", (await ExplainAsync("80", slice, slice)).Error);
        Assert.AreEqual("netpol: Service data/ext is in the files twice: keep one of the two\n", (await ExplainAsync("80", slice, Service)).Error);
    }

    [TestMethod]
    [DataRow("9999", "192.0.2.7 on 9999/TCP: allowed")]
    [DataRow("sql", "192.0.2.7 on 5432/TCP: allowed")]
    public async Task Clients_of_a_headless_service_connect_to_the_endpoints_themselves(string port, string expected)
    {
        var outcome = await NetPolProcess.RunAsync(
            Pods + Headless + Slice("a", "IPv4", "{ addresses: [192.0.2.7] }", "{ name: sql, port: 5432 }"), Arguments(port));

        StringAssert.Contains(outcome.Output, $"  headless: clients look up the addresses of the endpoints, and connect to them\n  {expected}");
    }

    [TestMethod]
    public async Task An_Endpoints_object_has_the_ports_of_each_subset()
    {
        var outcome = await ExplainAsync("80", """
            ---
            apiVersion: v1
            kind: Endpoints
            metadata: { name: ext, namespace: data }
            subsets:
              - { addresses: [{ ip: 10.0.0.10, targetRef: { kind: Pod, name: db-0, namespace: data } }], notReadyAddresses: [{ ip: 10.0.0.11 }], ports: [{ name: sql, port: 5432 }] }
              - { addresses: [{ ip: "2001:db8::7" }], ports: [{ name: sql, port: 5433 }] }

            """);

        StringAssert.Contains(outcome.Output, "\n  data/db-0, data/db-1 on 5432/TCP: denied");
        StringAssert.Contains(outcome.Output, "\n  2001:db8::7 on 5433/TCP: allowed");
        Assert.AreEqual("", Notes(outcome.Error));
    }

    [TestMethod]
    [DataRow(6, "EndpointSlice data/a: endpoints[0].addresses[0]: \"10.0.0.300\" is not an IPv4 address: write one such as 192.0.2.7", "IPv4", "10.0.0.300", "1")]
    [DataRow(6, "EndpointSlice data/a: endpoints[0].addresses[0]: \"10.0.0.3\" is not an IPv6 address: write one such as fd00::7", "IPv6", "10.0.0.3", "1")]
    [DataRow(6, "EndpointSlice data/a: endpoints[0].addresses[0]: \"127.0.0.1\" is not an address that every node can reach: write that of another host", "IPv4", "127.0.0.1", "1")]
    [DataRow(7, "EndpointSlice data/a: ports[0].port: 70000 is not between 1 and 65535", "IPv4", "10.0.0.3", "70000")]
    [DataRow(5, "EndpointSlice data/a: addressType: \"IP\" is not a type of addresses: write IPv4, IPv6 or FQDN", "IP", "10.0.0.3", "1")]
    public async Task A_fault_is_reported_with_its_place_and_nothing_is_evaluated(int line, string expected, string type, string address, string port)
    {
        var outcome = await ExplainAsync("80", Slice("a", type, $"{{ addresses: [{address}] }}", $"{{ name: sql, port: {port} }}"));

        Assert.AreEqual((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.AreEqual($"-:{(Pods + Service).Count(c => c == '\n') + line}: {expected}\nnetpol: the endpoints of the Service data/ext have errors: nothing was done\n", outcome.Error);
    }

    [TestMethod]
    public async Task A_slice_that_says_no_service_is_reported_and_belongs_to_none()
    {
        var outcome = await ExplainAsync("80", Slice("a", "IPv4", "{ addresses: [192.0.2.7] }", "{ name: sql, port: 5432 }").Replace("kubernetes.io/service-name", "app", StringComparison.Ordinal));

        Assert.AreEqual((2, ""), (outcome.ExitCode, outcome.Output));
        StringAssert.Contains(outcome.Error, "warning: it belongs to no Service: add the label kubernetes.io/service-name with the Service's name\n");
        StringAssert.Contains(outcome.Error, "the Service data/ext has no selector, and no endpoints are written for it: add an EndpointSlice with the label kubernetes.io/service-name: ext\n");
    }

    [TestMethod]
    public async Task A_slice_without_a_name_is_an_input_error() => StringAssert.Contains(
        (await ExplainAsync("80", Slice("a", "IPv4", "", "").Replace("name: a,", "", StringComparison.Ordinal))).Error,
        "EndpointSlice: metadata.name: it is missing: write the object's name\nnetpol: the endpoints of the Service data/ext have errors: nothing was done\n");

    [TestMethod]
    [DataRow("82", "--port 82: the Service data/ext has no such port; it has 80/TCP (sql), 81/TCP (web), 53/UDP (dns)")]
    [DataRow("81", "the Service data/ext has no endpoint that a connection could go to")]
    public async Task A_port_without_endpoints_is_reported(string port, string expected)
    {
        var outcome = await ExplainAsync(port, Slice("a", "IPv4", "{ addresses: [192.0.2.7] }", "{ name: sql, port: 5432 }"));

        Assert.AreEqual((2, ""), (outcome.ExitCode, outcome.Output));
        StringAssert.Contains(outcome.Error, expected);
    }

    [TestMethod]
    public async Task Check_passes_over_endpoints_in_silence()
    {
        var outcome = await NetPolProcess.RunAsync(
            Service + Slice("a", "IPv4", "{ addresses: [300.0.2.7] }", "") + "---\n{ apiVersion: v1, kind: Endpoints, metadata: { name: ext, namespace: data } }\n", ["check", "-f", "-"]);

        Assert.AreEqual(0, outcome.ExitCode);
        StringAssert.Contains(outcome.Output, "skipped: 1 EndpointSlice, 1 Endpoints, 1 Service\nno errors, no warnings\n");
    }

    [TestMethod]
    public async Task A_cluster_is_asked_for_the_endpoints_of_this_service_alone()
    {
        await using var cluster = await LiveCluster.StartAsync();
        cluster.Api.Objects.Put("Service", LiveService);
        cluster.Api.Objects.Put("EndpointSlice", LiveSlice("ext-1", "192.0.2.7"));

        var outcome = await NetPolProcess.RunAsync("", ["explain", "--kubeconfig", cluster.Kubeconfig, .. Asking("10.0.0.1", "80")]);

        StringAssert.Contains(outcome.Output, "  192.0.2.7 on 5432/TCP: allowed", outcome.Error);
        Assert.AreEqual(
            "/api/v1/namespaces/data/services/ext /apis/discovery.k8s.io/v1/namespaces/data/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dext",
            string.Join(' ', cluster.Api.Requests.Where(a => a.Contains("/data/", StringComparison.Ordinal))));
    }

    [TestMethod]
    public async Task A_file_replaces_the_slices_and_Endpoints_of_the_cluster()
    {
        await using var cluster = await LiveCluster.StartAsync();
        cluster.Api.Objects.Put("Service", LiveService);
        cluster.Api.Objects.Put("EndpointSlice", LiveSlice("a", "192.0.2.1"));
        cluster.Api.Objects.Put("EndpointSlice", LiveSlice("b", "192.0.2.2"));
        cluster.Api.Objects.Put("EndpointSlice", LiveSlice("ext-x7k", "192.0.2.3", """, "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io" """));
        var slice = Slice("a", "IPv4", "{ addresses: [192.0.2.7] }", "{ name: sql, port: 5432 }");
        const string Whole = "---\n{ apiVersion: v1, kind: Endpoints, metadata: { name: ext, namespace: data }, subsets: [{ addresses: [{ ip: 192.0.2.8 }], ports: [{ name: sql, port: 5432 }] }] }\n";

        var bySlice = await NetPolProcess.RunAsync(slice, ["explain", "--kubeconfig", cluster.Kubeconfig, "-f", "-", .. Asking("10.0.0.1", "80")]);
        var byBoth = await NetPolProcess.RunAsync(slice + Whole, ["explain", "--kubeconfig", cluster.Kubeconfig, "-f", "-", .. Asking("10.0.0.1", "80")]);

        StringAssert.Contains(bySlice.Output, "  192.0.2.2, 192.0.2.3, 192.0.2.7 on 5432/TCP: allowed", bySlice.Error);
        StringAssert.Contains(byBoth.Output, "  192.0.2.2, 192.0.2.7, 192.0.2.8 on 5432/TCP: allowed", byBoth.Error);
    }

    [TestMethod]
    [DataRow("/apis/discovery.k8s.io/v1/namespaces/data/endpointslices", "list endpointslices of discovery.k8s.io in namespace data")]
    [DataRow("/api/v1/namespaces/data/endpoints/ext", "get endpoints in namespace data")]
    [DataRow("/api/v1/namespaces/data/services/ext", "get services in namespace data")]
    public async Task A_right_that_is_missing_is_named(string refused, string right)
    {
        await using var cluster = await LiveCluster.StartAsync();
        cluster.Api.Objects.Put("Service", LiveService);
        cluster.Api.Answers.Fail(refused, 403, "Forbidden", "jane may not");

        var outcome = await NetPolProcess.RunAsync("", ["explain", "--kubeconfig", cluster.Kubeconfig, .. Asking("10.0.0.1", "80")]);

        Assert.AreEqual((2, $"netpol: the API server refuses: jane may not; this needs the right to {right}\n"), (outcome.ExitCode, outcome.Error));
    }

    private const string LiveService =
        """{"kind": "Service", "apiVersion": "v1", "metadata": {"name": "ext", "namespace": "data"}, "spec": {"clusterIP": "10.96.0.7", "ports": [{"name": "sql", "port": 80}]}}""";

    private static string LiveSlice(string name, string address, string labels = "") =>
        $$"""{"metadata": {"name": "{{name}}", "namespace": "data", "labels": {"kubernetes.io/service-name": "ext"{{labels}} } }, "addressType": "IPv4", "endpoints": [ {"addresses": ["{{address}}"] } ], "ports": [{"name": "sql", "port": 5432}]}""";

    private static string Slice(string name, string type, string endpoints, string ports) => $$"""
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: { name: {{name}}, namespace: data, labels: { kubernetes.io/service-name: ext } }
        addressType: {{type}}
        endpoints: [{{endpoints}}]
        ports: [{{ports}}]

        """;

    private static string Names(JsonElement answer, string what) => string.Join(' ', answer.GetProperty(what).EnumerateArray().Select(n => n.GetString()));

    private static string Notes(string error) => string.Concat(error.Split('\n').Where(l => l.StartsWith("note:", StringComparison.Ordinal)).Select(l => $"{l}\n"));

    private static string[] Asking(string from, string port) => ["--from", from, "--to", "svc/data/ext", "--port", port];

    private static string[] Arguments(string port) => ["explain", "-f", "-", .. Asking("shop/web", port)];

    private static Task<NetPolProcess.Outcome> ExplainAsync(string port, params string[] endpoints) => ExplainAsync([], port, endpoints);

    private static Task<NetPolProcess.Outcome> ExplainAsync(string[] more, string port, params string[] endpoints) =>
        NetPolProcess.RunAsync(Pods + Service + string.Concat(endpoints), more is ["--from", { } from] ? ["explain", "-f", "-", .. Asking(from, port)] : [.. Arguments(port), .. more]);
}
