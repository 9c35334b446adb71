using System.Text.Json;
using NetPol.Cli.Tests.Cases;

namespace NetPol.Cli.Tests.Explain;

/// <summary><c>explain</c> proposes only changes that work: no Service address or port, no edit of a default-deny policy, no selector for a pod that none can match.</summary>
[TestClass, TestCategory("Process")]
public sealed class ExplainHintTests
{
    private const string Cluster = """
        apiVersion: v1
        kind: Pod
        metadata: { name: client, namespace: shop, labels: { app: client } }
        spec: { containers: [{ name: c }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: api, namespace: shop, labels: { app: api } }
        spec: { nodeName: node-1, containers: [{ name: c, ports: [{ name: http, containerPort: 8080 }] }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: bare, namespace: shop, labels: { app: bare } }
        spec: { containers: [{ name: c }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: host, namespace: shop, labels: { app: host } }
        spec: { hostNetwork: true, nodeName: node-9, containers: [{ name: c }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: done, namespace: shop, labels: { app: done } }
        spec: { nodeName: node-1, containers: [{ name: c }] }
        status: { phase: Failed, podIP: 10.244.9.9 }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: api, namespace: shop }
        spec: { clusterIP: 10.96.0.1, selector: { app: api }, ports: [{ port: 80, targetPort: http }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: bare, namespace: shop }
        spec: { clusterIP: 10.96.0.2, selector: { app: bare }, ports: [{ port: 443, targetPort: 8443 }] }
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: default-deny, namespace: shop }
        spec: { podSelector: {}, policyTypes: [Ingress] }
        """;

    private const string ForApi = """

        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: api, namespace: shop }
        spec: { podSelector: { matchLabels: { app: api } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: host } } }] }] }
        """;

    [TestMethod]
    [DataRow("shop/api", "80", "shop/api declares no port 80/TCP: the Service shop/api sends its port 80/TCP to 8080/TCP of the pod, and policies see 8080/TCP. Ask for --port 8080/TCP, or for --to svc/shop/api\n")]
    [DataRow("shop/bare", "443", "shop/bare declares no port 443/TCP: the Service shop/bare sends its port 443/TCP to 8443/TCP of the pod, and policies see 8443/TCP. Ask for --port 8443/TCP, or for --to svc/shop/bare\n")]
    public async Task No_rule_is_proposed_for_a_port_that_only_the_Service_has(string to, string port, string hint)
    {
        var text = (await ExplainAsync(Cluster, "shop/client", to, port)).Output;

        StringAssert.Contains(text, ": denied\n");
        StringAssert.EndsWith(text, hint);
        Assert.DoesNotContain("to allow it", text);
        using var json = JsonDocument.Parse((await ExplainAsync(Cluster, "shop/client", to, port, "-o", "json")).Output);
        Assert.AreEqual(0, json.RootElement.GetProperty("remedy").GetArrayLength());
        Assert.AreEqual(hint.TrimEnd(), json.RootElement.GetProperty("hint").GetString());
    }

    [TestMethod]
    [DataRow("shop/api", "8080")]
    [DataRow("shop/bare", "9999", DisplayName = "a port that no Service maps")]
    [DataRow("shop/bare", "443/UDP", DisplayName = "a port that the Service maps for another protocol")]
    public async Task A_rule_is_proposed_for_every_other_port(string to, string port) =>
        StringAssert.Contains((await ExplainAsync(Cluster, "shop/client", to, port)).Output, "to allow it:");

    [TestMethod]
    public async Task In_the_case_of_the_report_the_rule_names_the_port_of_the_pod()
    {
        var file = CaseFolder.Of("08-service-port-vs-target", "all.yaml");
        var byService = (await NetPolProcess.RunAsync("explain", "-f", file, "--from", "exam/backend", "--to", "svc/exam/db1", "--port", "80")).Output;
        var byPod = (await NetPolProcess.RunAsync("explain", "-f", file, "--from", "exam/backend", "--to", "exam/db1", "--port", "80")).Output;

        StringAssert.Contains(byService, "NetworkPolicy exam/backend rule 0 names the port 80/TCP of the Service: policies see the port 8080/TCP of the endpoint");
        StringAssert.EndsWith(byService, "          - { protocol: TCP, port: 8080 }\n");
        StringAssert.Contains(byPod, "exam/db1 declares no port 80/TCP: the Service exam/db1 sends its port 80/TCP to 8080/TCP of the pod");
    }

    [TestMethod]
    public async Task In_the_case_of_the_report_no_ipBlock_holds_the_address_of_the_Service()
    {
        var text = (await NetPolProcess.RunAsync(
            "explain", "-f", CaseFolder.Of("32-service-addresses", "all.yaml"), "--from", "test/client", "--to", "10.40.0.13", "--port", "443")).Output;

        StringAssert.Contains(text, "rule 0 names network 10.40.0.0/16, which holds an address of the Service: policies see the address of the endpoint");
        Assert.DoesNotContain("ipBlock", text[text.IndexOf("to allow it", StringComparison.Ordinal)..]);
    }

    [TestMethod]
    public async Task The_default_deny_policy_is_no_place_for_a_rule()
    {
        var alone = (await ExplainAsync(Cluster, "shop/client", "shop/api", "8080")).Output;
        var beside = (await ExplainAsync(Cluster + ForApi, "shop/client", "shop/api", "8080")).Output;

        StringAssert.EndsWith(alone, """
            to allow it:
              ingress of shop/api
                - shop: add a NetworkPolicy that selects the pod, with an ingress rule
                    do not add it to shop/default-deny: the rule would open every pod that it selects
                    apiVersion: networking.k8s.io/v1
                    kind: NetworkPolicy
                    metadata: { name: allow-ingress, namespace: "shop" }
                    spec:
                      podSelector: { matchLabels: { app: "api" } }
                      policyTypes: [Ingress]
                      ingress:
                      - from:
                        - podSelector: { matchLabels: { app: "client" } }
                        ports:
                        - { protocol: TCP, port: 8080 }

            """);
        StringAssert.EndsWith(beside, """
            to allow it:
              ingress of shop/api
                - NetworkPolicy shop/api: add an ingress rule to it, or to another NetworkPolicy that selects the pod
                    do not add it to shop/default-deny: the rule would open every pod that it selects
                    - from:
                      - podSelector: { matchLabels: { app: "client" } }
                      ports:
                      - { protocol: TCP, port: 8080 }

            """);
        var policy = string.Join('\n', alone.TrimEnd().Split('\n')[^11..].Select(l => l[8..]));
        StringAssert.Contains((await ExplainAsync($"{Cluster}\n---\n{policy}", "shop/client", "shop/api", "8080")).Output, ": allowed\n");
    }

    [TestMethod]
    [DataRow("shop/host", "shop/api", "8080", "no selector matches shop/host: it is on the host's network (hostNetwork). Name its node's address with ipBlock")]
    [DataRow("shop/client", "shop/host", "80", "the pod is on the host's network (hostNetwork): no policy selects it, so no policy applies to this side")]
    [DataRow("shop/done", "shop/api", "8080", "no selector matches shop/done: the pod has finished")]
    public async Task A_pod_that_no_selector_matches_is_named_as_such(string from, string to, string port, string expected) =>
        StringAssert.Contains((await ExplainAsync(Cluster + ForApi, from, to, port)).Output, expected);

    [TestMethod]
    public async Task Policies_apply_to_a_finished_pod() =>
        StringAssert.Contains((await ExplainAsync(Cluster + ForApi, "shop/client", "shop/done", "80")).Output, "isolated by shop/default-deny, and no rule allows it");

    [TestMethod]
    public async Task A_finished_pod_has_its_address_until_a_live_pod_has_it()
    {
        const string Next = """

            ---
            apiVersion: v1
            kind: Pod
            metadata: { name: next, namespace: shop }
            spec: { nodeName: node-1, containers: [{ name: c }] }
            status: { podIP: 10.244.9.9 }
            """;

        StringAssert.Contains((await ExplainAsync(Cluster + ForApi, "10.244.9.9", "shop/api", "8080")).Output, "no selector matches shop/done: the pod has finished");
        StringAssert.StartsWith((await ExplainAsync(Cluster + ForApi + Next, "10.244.9.9", "shop/api", "8080")).Output, "shop/next (10.244.9.9) -> shop/api");
        var refused = await ExplainAsync(Cluster + ForApi + Next, "shop/client", "shop/done", "80");
        Assert.AreEqual(2, refused.ExitCode);
        StringAssert.Contains(refused.Error, "--to shop/done: the pod has finished and shop/next has its address 10.244.9.9: name that pod");
    }

    [TestMethod]
    public async Task In_the_case_of_the_report_the_controller_is_on_the_hosts_network() => StringAssert.Contains(
        (await NetPolProcess.RunAsync(
            "explain", "-f", CaseFolder.Of("10-hostnetwork-ingress", "all.yaml"), "--from", "ingress-nginx/controller-2", "--to", "frontend/web", "--port", "8080")).Output,
        "no selector matches ingress-nginx/controller-2: it is on the host's network (hostNetwork)");

    private static Task<NetPolProcess.Outcome> ExplainAsync(string cluster, string from, string to, string port, params string[] more) =>
        NetPolProcess.RunAsync(cluster, ["explain", "-f", "-", "--from", from, "--to", to, "--port", port, .. more]);
}
