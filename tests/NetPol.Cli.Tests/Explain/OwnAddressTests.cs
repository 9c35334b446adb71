using NetPol.Cli.Tests.Cases;

namespace NetPol.Cli.Tests.Explain;

/// <summary>A pod connects to itself. No policy applies to its own address; Admin and Baseline apply through its Service.</summary>
[TestClass, TestCategory("Process")]
public sealed class OwnAddressTests
{
    private const string Unevaluated = "a packet to the pod's own address does not leave the pod: no policy applies to it";

    private const string Cluster = """
        apiVersion: v1
        kind: Pod
        metadata: { name: one, namespace: shop, labels: { app: one } }
        spec: { containers: [{ name: c, ports: [{ name: http, containerPort: 8080 }] }] }
        status: { phase: Running, podIPs: [{ ip: "fd00::7" }, { ip: 10.9.0.7 }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: one, namespace: shop }
        spec: { clusterIP: "fd96::7", clusterIPs: ["fd96::7"], selector: { app: one }, ports: [{ port: 80, targetPort: http }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: head, namespace: shop }
        spec: { clusterIP: None, selector: { app: one }, ports: [{ port: 8080 }] }
        ---
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: { name: no-self }
        spec:
          tier: Baseline
          priority: 5
          subject: { namespaces: {} }
          egress: [{ action: Deny, to: [{ namespaces: {} }] }]
        """;

    [TestMethod]
    [DataRow("my-app/hello-0", "8080")]
    [DataRow("my-app/hello-0", "ICMP")]
    public async Task In_the_case_of_the_report_the_own_address_is_allowed(string to, string port) =>
        await AssertAsync(CaseFolder.Of("09-hairpin", "all.yaml"), null, "my-app/hello-0", to, port, ": allowed\n", Unevaluated);

    [TestMethod]
    [DataRow("svc/my-app/hello")]
    [DataRow("10.96.8.8")]
    public async Task In_the_case_of_the_report_the_Service_is_evaluated(string to) => await AssertAsync(
        CaseFolder.Of("09-hairpin", "all.yaml"), null, "my-app/hello-0", to, "80",
        "my-app/hello-0 on 8080/TCP: denied (egress allow by default; ingress deny by ClusterNetworkPolicy no-self rule 0 \"deny-all\")",
        "NetworkPolicy  does not apply to a connection of a pod to itself through a Service: a pod cannot block itself");

    [TestMethod]
    [DataRow("shop/one", "8080", ": allowed\n", Unevaluated)]
    [DataRow("fd00::7", "8080", ": allowed\n", Unevaluated)]
    [DataRow("10.9.0.7", "1", ": allowed\n", Unevaluated)]
    [DataRow("svc/shop/head", "8080", "shop/one on 8080/TCP: allowed", Unevaluated)]
    [DataRow("fd96::7", "80", "shop/one on 8080/TCP: denied", "ClusterNetworkPolicy no-self rule 0 decides: deny")]
    [DataRow("svc/shop/one", "80", "shop/one on 8080/TCP: denied", "ClusterNetworkPolicy no-self rule 0 decides: deny")]
    public async Task The_way_to_itself_decides(string to, string port, params string[] expected) =>
        await AssertAsync("-", Cluster, "shop/one", to, port, expected);

    private static async Task AssertAsync(string file, string? input, string from, string to, string port, params string[] expected)
    {
        var outcome = await NetPolProcess.RunAsync(input, ["explain", "-f", file, "--from", from, "--to", to, "--port", port]);
        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        foreach (var part in expected)
            StringAssert.Contains(outcome.Output, part);
    }
}
