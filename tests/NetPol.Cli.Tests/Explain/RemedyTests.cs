using System.Text.Json;

namespace NetPol.Cli.Tests.Explain;

[TestClass, TestCategory("Process")]
public sealed class RemedyTests
{
    private static readonly string Small = NetPolProcess.Fixture("small");

    [TestMethod]
    public async Task The_rule_that_a_remedy_writes_allows_the_connection()
    {
        var denied = await ExplainAsync("", "web", "80/TCP");
        const string Wanted = """

            to allow it:
              ingress of shop/db
                - NetworkPolicy shop/db: add an ingress rule to it, or to another NetworkPolicy that selects the pod
                    - from:
                      - podSelector: { matchLabels: { app: "web" } }
                      ports:
                      - { protocol: TCP, port: 80 }

            """;
        StringAssert.EndsWith(denied.Output, Wanted);

        var rule = string.Join('\n', denied.Output.TrimEnd().Split('\n')[^4..]);
        var allowed = await ExplainAsync(
            $"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{ name: more, namespace: shop }}\nspec:\n  podSelector: {{}}\n  ingress:\n{rule}\n", "web", "80/TCP");
        StringAssert.Contains(allowed.Output, "80/TCP: allowed");
        Assert.DoesNotContain("to allow it", allowed.Output);
    }

    [TestMethod]
    [DataRow("other/guest", "namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: \"other\" } }")]
    [DataRow("203.0.113.7", "ipBlock: { cidr: \"203.0.113.7/32\" }")]
    public async Task A_peer_from_elsewhere_is_written_so_that_the_rule_allows_it(string from, string expected)
    {
        const string Guest = """
            apiVersion: v1
            kind: Pod
            metadata: { name: guest, namespace: other, labels: { on: "true" } }
            spec: { containers: [{ name: c }] }
            """;
        string[] question = ["explain", "-f", Small, "-f", "-", "--from", from, "--to", "shop/db", "--port", "80"];
        var denied = (await NetPolProcess.RunAsync(Guest, question)).Output;
        StringAssert.Contains(denied, expected);

        var rule = denied[denied.IndexOf("        - from:", StringComparison.Ordinal)..];
        var allowed = await NetPolProcess.RunAsync(
            $"{Guest}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{ name: more, namespace: shop }}\nspec:\n  podSelector: {{}}\n  ingress:\n{rule}", question);
        StringAssert.Contains(allowed.Output, "80/TCP: allowed", allowed.Error);
    }

    [TestMethod]
    public async Task Changes_that_need_each_other_are_one_remedy()
    {
        const string Policies = """
            apiVersion: policy.networking.k8s.io/v1alpha2
            kind: ClusterNetworkPolicy
            metadata: { name: closed }
            spec:
              tier: Admin
              priority: 1
              subject: { namespaces: {} }
              ingress: [{ name: no-pods, action: Deny, from: [{ namespaces: {} }] }]
              egress: [{ action: Deny, to: [{ namespaces: {} }] }]
            """;
        var text = await ExplainAsync(Policies, "web", "ICMP");
        StringAssert.EndsWith(text.Output, """

            to allow it, change all 3 together:
              egress of shop/web
                - ClusterNetworkPolicy closed rule 0: narrow it, delete it, or add an allow rule before it
              ingress of shop/db
                - ClusterNetworkPolicy closed rule 0 "no-pods": narrow it, delete it, or add an allow rule before it
                    an allow rule before it decides for this side: change nothing else here
                - NetworkPolicy shop/db: add an ingress rule to it, or to another NetworkPolicy that selects the pod
                    a rule cannot name ICMP: a rule without ports allows it, and all ports
                    - from:
                      - podSelector: { matchLabels: { app: "web" } }

            """);

        using var json = JsonDocument.Parse((await ExplainAsync(Policies, "web", "80/TCP", "-o", "json")).Output);
        Assert.AreEqual(
            """
            {"change":"rule","side":"egress","tier":"Admin","kind":"ClusterNetworkPolicy","policy":"closed","index":0,"name":null}
            {"change":"rule","side":"ingress","tier":"Admin","kind":"ClusterNetworkPolicy","policy":"closed","index":0,"name":"no-pods"}
            {"change":"allow","side":"ingress","isolatedBy":["shop/db"],"addTo":"shop/db","namespace":"shop","podSelector":{"matchLabels":{"app":"db"}},"rule":{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}],"ports":[{"protocol":"TCP","port":80}]}}
            """,
            string.Join('\n', json.RootElement.GetProperty("remedy").EnumerateArray().Select(c => JsonSerializer.Serialize(c))));
    }

    [TestMethod]
    public async Task Before_a_baseline_denial_a_network_policy_decides_at_a_price()
    {
        var text = await ExplainAsync("""
            apiVersion: policy.networking.k8s.io/v1alpha1
            kind: BaselineAdminNetworkPolicy
            metadata: { name: default }
            spec:
              subject: { namespaces: {} }
              egress: [{ action: Deny, to: [{ networks: ["203.0.113.0/24"] }] }]
            """, "web", "443/TCP", "--to", "203.0.113.7");

        StringAssert.EndsWith(text.Output, """

            to allow it:
              egress of shop/web
                - BaselineAdminNetworkPolicy default rule 0: narrow it, delete it, or add an allow rule before it
                    a NetworkPolicy that allows the connection decides earlier, but also denies the pod all connections that no NetworkPolicy allows

            """);
    }

    private static Task<NetPolProcess.Outcome> ExplainAsync(string policies, string from, string port, params string[] more) => NetPolProcess.RunAsync(
        policies,
        ["explain", "-f", Small, .. policies.Length == 0 ? [] : new[] { "-f", "-" }, "--from", $"shop/{from}", .. more.Contains("--to") ? [] : new[] { "--to", "shop/db" }, "--port", port, .. more]);
}
