using System.Text.Json;

namespace NetPol.Cli.Tests.Services;

/// <summary>A Service as the destination of <c>explain</c>.</summary>
[TestClass, TestCategory("Process")]
public sealed class ServiceTests
{
    private const string Cluster = """
        apiVersion: v1
        kind: Pod
        metadata: { name: web, namespace: shop, labels: { app: web } }
        spec: { containers: [{ name: c }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: db-0, namespace: data, labels: { app: db } }
        spec: { containers: [{ name: c, ports: [{ name: sql, containerPort: 5432 }] }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: db-1, namespace: data, labels: { app: db } }
        spec: { containers: [{ name: c, ports: [{ name: sql, containerPort: 5432 }] }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: db-2, namespace: data, labels: { app: db, role: spare } }
        spec: { containers: [{ name: c, ports: [{ name: sql, containerPort: 5433 }] }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: db-3, namespace: data, labels: { app: db } }
        spec: { containers: [{ name: c }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: other, namespace: data, labels: { app: other } }
        spec: { containers: [{ name: c }] }
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: spare, namespace: data }
        spec: { podSelector: { matchLabels: { role: spare } } }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: db, namespace: data }
        spec: { clusterIP: 10.96.0.7, selector: { app: db }, ports: [{ name: main, port: 80, targetPort: sql }, { name: plain, port: 81 }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: heads, namespace: data }
        spec: { clusterIP: None, selector: { app: other } }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: alias, namespace: data }
        spec: { type: ExternalName, externalName: db.example.org }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: inside, namespace: data }
        spec: { type: ExternalName, externalName: db.data.svc.cluster.local }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: nameless, namespace: data }
        spec: { type: ExternalName, clusterIP: nowhere }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: by-hand, namespace: data }
        spec: { ports: [{ port: 80 }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: no-pods, namespace: data }
        spec: { selector: { app: no-pods }, ports: [{ port: 80 }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: broken, namespace: data }
        spec: { selector: { app: db }, ports: [{ port: 80, targetPort: 70000 }] }
        """;

    [TestMethod]
    [DataRow("svc/data/db", "main")]
    [DataRow("service/data/db", "80/TCP")]
    public async Task It_is_followed_to_the_port_of_each_pod_and_each_answer_is_reported_once(string service, string port)
    {
        var outcome = await ExplainAsync(service, port);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        StringAssert.StartsWith(outcome.Output, $"""
            shop/web -> Service data/db {port}
              policies do not see the address of the Service (10.96.0.7): they see the pod that receives the connection
              data/db-0, data/db-1 on 5432/TCP: allowed (egress allow by default; ingress allow by default)
              data/db-2 on 5433/TCP: denied (egress allow by default; ingress deny by isolation of data/spare)

            shop/web (
            """);
        Assert.HasCount(3, outcome.Output.Split("\ningress of "));
        StringAssert.Contains(outcome.Output, "NetworkPolicy data/spare: add an ingress rule to it");
        StringAssert.Contains(outcome.Error, "note: data/db-3 declares no port sql/TCP, so the Service sends nothing to it\n");
    }

    [TestMethod]
    public async Task A_port_without_a_target_is_that_of_the_pods()
    {
        using var json = JsonDocument.Parse((await ExplainAsync("svc/data/db", "plain", "-o", "json")).Output);

        Assert.AreEqual(
            "[\"data/db-0\",\"data/db-1\",\"data/db-3\"] 81 allow | [\"data/db-2\"] 81 deny",
            string.Join(" | ", json.RootElement.GetProperty("answers").EnumerateArray().Select(a =>
                $"{a.GetProperty("pods").GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal)} {a.GetProperty("explanation").GetProperty("port")} {a.GetProperty("explanation").GetProperty("verdict").GetString()}")));
    }

    [TestMethod]
    public async Task A_headless_service_is_its_pods_on_any_port()
    {
        var outcome = await ExplainAsync("svc/data/heads", "9999");

        StringAssert.Contains(outcome.Output, "  headless: clients look up the addresses of the pods, and connect to them\n  data/other on 9999/TCP: allowed");
    }

    [TestMethod]
    [DataRow("svc/data/db", "82", 2, "--port 82: the Service data/db has no such port; it has 80/TCP (main), 81/TCP (plain)")]
    [DataRow("svc/data/none", "80", 2, "there is no Service data/none; there are data/alias, data/broken, data/by-hand, data/db, data/heads, data/inside, data/nameless")]
    [DataRow("svc/data/alias", "80", 2, "stands for the name db.example.org: ask for one of the addresses of that name")]
    [DataRow("svc/data/inside", "80", 2, "stands for the name db.data.svc.cluster.local: ask for svc/data/db")]
    [DataRow("svc/data/by-hand", "80", 2, "has no selector, and no endpoints are written for it: add an EndpointSlice with the label kubernetes.io/service-name: by-hand")]
    [DataRow("svc/data/no-pods", "80", 2, "selects no pod: none in data has the labels app=no-pods")]
    [DataRow("svc/data/broken", "80", 2, "Service data/broken: spec.ports[0].targetPort: 70000 is not between 1 and 65535")]
    [DataRow("svc/data/nameless", "80", 2, "Service data/nameless: spec.externalName: it is missing: write the name for which it stands")]
    [DataRow("svc/data/nameless", "80", 2, "Service data/nameless: spec.clusterIP: \"nowhere\" is not an IP address: leave the field out, or write None")]
    [DataRow("data/db-0", "sql", 2, "--port sql: write a port from 1 to 65535")]
    public async Task A_service_that_cannot_be_resolved_is_reported(string to, string port, int exitCode, string expected)
    {
        var outcome = await ExplainAsync(to, port);

        Assert.AreEqual(exitCode, outcome.ExitCode, outcome.Error);
        Assert.AreEqual("", outcome.Output);
        StringAssert.Contains(outcome.Error, expected);
    }

    [TestMethod]
    public async Task An_unreadable_service_does_not_block_other_answers() =>
        Assert.AreEqual(0, (await NetPolProcess.RunAsync(Cluster, ["check", "-f", "-"])).ExitCode);

    private static Task<NetPolProcess.Outcome> ExplainAsync(string to, string port, params string[] more) =>
        NetPolProcess.RunAsync(Cluster, ["explain", "-f", "-", "--from", "shop/web", "--to", to, "--port", port, .. more]);
}
