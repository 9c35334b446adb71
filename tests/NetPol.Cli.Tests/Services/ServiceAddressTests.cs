using System.Text.Json;
using NetPol.Cli.Tests.Cases;

namespace NetPol.Cli.Tests.Services;

/// <summary><c>explain</c> and <c>matrix</c> resolve the addresses and node ports of Services to endpoints.</summary>
[TestClass, TestCategory("Process")]
public sealed class ServiceAddressTests
{
    /// <summary>A dual-stack Service, an external one, one whose node port serves only its own node, and one with a manual EndpointSlice.</summary>
    private const string Cluster = """
        apiVersion: v1
        kind: Node
        metadata: { name: n1 }
        status: { addresses: [{ type: InternalIP, address: 192.168.0.1 }] }
        ---
        apiVersion: v1
        kind: Node
        metadata: { name: n2 }
        status: { addresses: [{ type: InternalIP, address: 192.168.0.2 }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: client, namespace: shop, labels: { app: client } }
        spec: { nodeName: n1, containers: [{ name: c }] }
        status: { phase: Running, podIPs: [{ ip: 10.1.0.1 }, { ip: "fd00:1::1" }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: near, namespace: shop, labels: { app: web } }
        spec: { nodeName: n1, containers: [{ name: c, ports: [{ name: http, containerPort: 8080 }] }] }
        status: { phase: Running, podIPs: [{ ip: 10.1.0.2 }, { ip: "fd00:1::2" }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: far, namespace: shop, labels: { app: web } }
        spec: { nodeName: n2, containers: [{ name: c, ports: [{ name: http, containerPort: 8081 }] }] }
        status: { phase: Running, podIPs: [{ ip: 10.2.0.1 }, { ip: "fd00:2::1" }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: web, namespace: shop }
        spec: { clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1, "fd96::1"], externalIPs: [198.51.100.1], selector: { app: web }, ports: [{ port: 80, targetPort: http, nodePort: 30080 }] }
        status: { loadBalancer: { ingress: [{ ip: 198.51.100.2 }, { hostname: lb.example }] } }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: local, namespace: shop }
        spec: { clusterIP: 10.96.0.2, externalTrafficPolicy: Local, selector: { app: web }, ports: [{ port: 81, targetPort: http, nodePort: 30081 }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: by-hand, namespace: shop }
        spec: { clusterIP: 10.96.0.3, ports: [{ name: sql, port: 5432 }] }
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: { name: by-hand, namespace: shop, labels: { kubernetes.io/service-name: by-hand } }
        addressType: IPv4
        endpoints: [{ addresses: [203.0.113.7] }]
        ports: [{ name: sql, port: 5433 }]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: client, namespace: shop }
        spec:
          podSelector: { matchLabels: { app: client } }
          policyTypes: [Egress]
          egress:
          - to: [{ podSelector: {} }, { ipBlock: { cidr: 198.51.100.0/24 } }, { ipBlock: { cidr: 10.96.0.0/16 } }]
            ports: [{ port: 8080 }, { port: 80 }, { port: 5432 }]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: web, namespace: shop }
        spec:
          podSelector: { matchLabels: { app: web } }
          ingress:
          - from: [{ podSelector: {} }, { ipBlock: { cidr: 203.0.113.0/24 } }]
        """;

    [TestMethod]
    [DataRow("08-service-port-vs-target", "exam/backend", "svc/exam/db1", "10.96.4.4", "80")]
    [DataRow("08-service-port-vs-target", "exam/backend", "svc/exam/lb", "203.0.113.50", "80")]
    [DataRow("08-service-port-vs-target", "exam/backend", "svc/default/kubernetes", "10.96.0.1", "443")]
    [DataRow("32-service-addresses", "test/client", "svc/ingress-internal/proxy", "10.96.7.7", "443")]
    [DataRow("32-service-addresses", "test/client", "svc/ingress-internal/proxy", "10.40.0.99", "https")]
    [DataRow("32-service-addresses", "test/client", "svc/ingress-internal/proxy", "10.40.0.13", "443")]
    public async Task An_address_answers_as_the_Service_does(string name, string from, string service, string address, string port)
    {
        var file = CaseFolder.Of(name, "all.yaml");
        var byName = await ExplainAsync(file, null, from, service, port);
        var byAddress = await ExplainAsync(file, null, from, address, port);

        Assert.AreEqual(Answers(byName), Answers(byAddress));
        Assert.Contains("deny", Answers(byAddress));
    }

    [TestMethod]
    [DataRow("10.96.0.1", "80", "shop/near 8080 allow, shop/far 8081 deny")]
    [DataRow("fd96::1", "80", "shop/near 8080 allow, shop/far 8081 deny")]
    [DataRow("198.51.100.1", "80", "shop/near 8080 allow, shop/far 8081 deny")]
    [DataRow("198.51.100.2", "80", "shop/near 8080 allow, shop/far 8081 deny")]
    [DataRow("10.96.0.3", "sql", "203.0.113.7 5433 deny")]
    [DataRow("svc/shop/web", "30080/TCP", "shop/near 8080 allow, shop/far 8081 deny")]
    public async Task Every_address_of_a_Service_leads_to_its_endpoints(string to, string port, string answers) =>
        Assert.AreEqual(Sorted(answers), Answers(await ExplainAsync("-", Cluster, "shop/client", to, port)));

    [TestMethod]
    [DataRow("203.0.113.9", "192.168.0.1", "30080", "shop/near 8080 allow, shop/far 8081 deny", DisplayName = "an endpoint on another node sees the address of the node that took the connection")]
    [DataRow("203.0.113.9", "192.168.0.2", "30080", "shop/near 8080 deny, shop/far 8081 allow")]
    [DataRow("203.0.113.9", "192.168.0.1", "30081", "shop/near 8080 allow", DisplayName = "with the policy Local a node sends to its own pods")]
    [DataRow("203.0.113.9", "192.168.0.2", "30081", "shop/far 8081 allow")]
    [DataRow("shop/client", "192.168.0.2", "30080", "shop/near 8080 deny, shop/far 8081 deny", DisplayName = "the own node sees the node port of another node")]
    [DataRow("shop/client", "192.168.0.1", "30081", "shop/near 8080 allow")]
    public async Task A_node_port_leads_to_the_endpoints(string from, string to, string port, string answers) =>
        Assert.AreEqual(Sorted(answers), Answers(await ExplainAsync("-", Cluster, from, to, port)));

    [TestMethod]
    public async Task A_node_port_of_another_node_is_evaluated_by_its_own_number()
    {
        using var json = JsonDocument.Parse((await ExplainAsync("-", Cluster, "shop/client", "192.168.0.2", "30080")).Output);

        var egress = json.RootElement.GetProperty("answers")[0].GetProperty("explanation").GetProperty("egress").GetRawText();
        StringAssert.Contains(egress, "192.168.0.2 is not among");
        StringAssert.Contains(egress, "30080/TCP is not among");
    }

    [TestMethod]
    [DataRow("10.96.0.1", "81", "the Service shop/web has no such port")]
    [DataRow("10.96.0.3", "fifty", "the Service shop/by-hand has no such port")]
    public async Task A_port_that_the_Service_lacks_is_no_question(string to, string port, string expected) =>
        StringAssert.Contains((await ExplainAsync("-", Cluster, "shop/client", to, port, exitCode: 2)).Error, expected);

    [TestMethod]
    public async Task No_connection_comes_from_the_address_of_a_Service() => StringAssert.Contains(
        (await ExplainAsync("-", Cluster, "198.51.100.2", "shop/near", "8080", exitCode: 2)).Error,
        "--from 198.51.100.2: it is an address of the Service shop/web, and no connection comes from there");

    [TestMethod]
    public async Task In_a_matrix_the_column_of_a_Service_is_that_of_its_endpoints()
    {
        var outcome = await NetPolProcess.RunAsync(Cluster, ["matrix", "-f", "-", "-a", "10.96.0.1", "-a", "198.51.100.2", "-a", "10.96.0.3", "-o", "json"]);

        using var json = JsonDocument.Parse(outcome.Output);
        var asked = json.RootElement.GetProperty("items").EnumerateArray().Where(e => e.TryGetProperty("service", out _))
            .Select(e => $"{e.GetProperty("from")} -> {e.GetProperty("to")} {e.GetProperty("port")}: {e.GetProperty("verdict")}");
        Assert.AreEqual(
            """
            shop/client -> 10.96.0.1 80: deny
            shop/client -> 10.96.0.3 5432: deny
            shop/client -> 198.51.100.2 80: deny
            shop/far -> 10.96.0.1 80: allow
            shop/far -> 10.96.0.3 5432: allow
            shop/far -> 198.51.100.2 80: allow
            shop/near -> 10.96.0.1 80: allow
            shop/near -> 10.96.0.3 5432: allow
            shop/near -> 198.51.100.2 80: allow
            """,
            string.Join('\n', asked.Order(StringComparer.Ordinal)));
        StringAssert.Contains(outcome.Error, "note: 10.96.0.1 is an address of the Service shop/web");
        StringAssert.Contains(outcome.Error, "note: shop/client -> 10.96.0.1 80/TCP: between 10.1.0.1 and 10.1.0.2 the verdict is allow");
        Assert.IsFalse(json.RootElement.GetProperty("items").EnumerateArray().Any(e => e.GetProperty("from").GetString() is "10.96.0.1" or "198.51.100.2" or "10.96.0.3"));
    }

    [TestMethod]
    public async Task In_a_matrix_a_node_port_is_followed()
    {
        using var json = JsonDocument.Parse((await NetPolProcess.RunAsync(
            Cluster, ["matrix", "-f", "-", "-a", "192.168.0.1", "-a", "203.0.113.9", "-p", "30081/TCP", "-o", "json"])).Output);

        var answer = json.RootElement.GetProperty("items").EnumerateArray().Single(e => e.GetProperty("from").GetString() is "203.0.113.9" && e.GetProperty("to").GetString() is "192.168.0.1");
        Assert.AreEqual("shop/local allow", $"{answer.GetProperty("service")} {answer.GetProperty("verdict")}");
    }

    private static async Task<NetPolProcess.Outcome> ExplainAsync(string file, string? input, string from, string to, string port, int exitCode = 0)
    {
        var outcome = await NetPolProcess.RunAsync(input, ["explain", "-f", file, "--from", from, "--to", to, "--port", port, "-o", "json"]);
        Assert.AreEqual(exitCode, outcome.ExitCode, outcome.Error);
        return outcome;
    }

    private static string Answers(NetPolProcess.Outcome outcome)
    {
        using var json = JsonDocument.Parse(outcome.Output);
        var answers =
            from answer in json.RootElement.GetProperty("answers").EnumerateArray()
            let explanation = answer.GetProperty("explanation")
            from endpoint in answer.GetProperty("pods").EnumerateArray().Concat(answer.GetProperty("addresses").EnumerateArray())
            select $"{endpoint} {explanation.GetProperty("port")} {explanation.GetProperty("verdict")}";
        return string.Join(", ", answers.Order(StringComparer.Ordinal));
    }

    private static string Sorted(string answers) => string.Join(", ", answers.Split(", ").Order(StringComparer.Ordinal));
}
