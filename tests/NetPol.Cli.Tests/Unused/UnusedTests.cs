using System.Text.Json;

namespace NetPol.Cli.Tests.Unused;

[TestClass, TestCategory("Process")]
public sealed class UnusedTests
{
    private const string Twice = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: twice, namespace: shop }
        spec:
          podSelector: { matchLabels: { app: db } }
          ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 5432 }] }]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: no-pods, namespace: shop }
        spec: { podSelector: { matchLabels: { app: none } } }
        """;

    private static readonly string Small = NetPolProcess.Fixture("small");

    [TestMethod]
    public async Task What_is_of_use_is_not_reported()
    {
        var outcome = await NetPolProcess.RunAsync("unused", "-f", Small);

        Assert.AreEqual((0, "1 policy: all of their rules have an effect\n"), (outcome.ExitCode, outcome.Output), outcome.Error);
    }

    [TestMethod]
    public async Task Both_terms_are_reported_with_what_stands_in()
    {
        var outcome = await NetPolProcess.RunAsync(Twice, ["unused", "-f", Small, "-f", "-"]);

        Assert.AreEqual(1, outcome.ExitCode, outcome.Error);
        Assert.AreEqual(
            """
            never decides: it decides no connection of these pods and nodes
              NetworkPolicy shop/no-pods
                  it selects no pod that a node runs

            changes nothing: it decides connections, but their verdicts are the same without it
              NetworkPolicy shop/db
                  without it, the verdicts are the same: NetworkPolicy shop/twice ingress rule 0; isolation by shop/twice
              NetworkPolicy shop/twice
                  without it, the verdicts are the same: NetworkPolicy shop/db ingress rule 0; isolation by shop/db

            3 policies: 3 without effect, and 0 rules of other policies. Each result is for one deletion and for these pods: after a deletion, or with other pods, the results may differ

            """,
            outcome.Output);
    }

    [TestMethod]
    public async Task Something_of_no_use_ends_with_1_and_no_answer_with_2()
    {
        var found = await NetPolProcess.RunAsync(Twice, ["unused", "-f", Small, "-f", "-", "-o", "json"]);
        var broken = await NetPolProcess.RunAsync("unused", "-f", NetPolProcess.Fixture("broken"));

        Assert.AreEqual(1, found.ExitCode, found.Error);
        using var json = JsonDocument.Parse(found.Output);
        Assert.AreEqual(
            """{"kind":"NetworkPolicy","policy":"shop/no-pods","rule":null,"term":"neverDecides","reason":"selectsNoPod","decidedBy":[],"isolatedBy":[],"unmatchedPods":[],"byDefault":false,"byOtherSide":false}""",
            JsonSerializer.Serialize(json.RootElement.GetProperty("items")[1]));
        Assert.AreEqual(2, broken.ExitCode);
    }

    [TestMethod]
    [DataRow("hostNetwork: true, ", "", "is on the host's network (hostNetwork), and no selector matches such a pod")]
    [DataRow("", "status: { phase: Succeeded, podIP: 10.9.0.1 }", "is finished: a policy applies to such a pod only until it is deleted, and no selector matches it as a peer")]
    public async Task Pods_that_no_selector_matches_are_named(string spec, string status, string expected)
    {
        var cluster = $$"""
            apiVersion: v1
            kind: Pod
            metadata: { name: scraper, namespace: shop, labels: { app: scraper } }
            spec: { {{spec}}nodeName: node-1, containers: [{ name: c }] }
            {{status}}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: more, namespace: shop }
            spec:
              podSelector: { matchLabels: { app: db } }
              ingress:
                - from: [{ podSelector: { matchLabels: { app: scraper } } }]
            """;
        var outcome = await NetPolProcess.RunAsync(cluster, ["unused", "-f", Small, "-f", "-"]);

        StringAssert.Contains(outcome.Output, $"shop/scraper {expected}");
    }

    [TestMethod]
    public async Task In_the_case_of_the_report_the_controller_is_on_the_hosts_network()
    {
        var outcome = await NetPolProcess.RunAsync("unused", "-f", Cases.CaseFolder.Of("10-hostnetwork-ingress", "all.yaml"));

        Assert.HasCount(3, outcome.Output.Split("ingress-nginx/controller-1, ingress-nginx/controller-2 are on the host's network (hostNetwork)"));
    }

    [TestMethod]
    public async Task A_default_deny_of_a_namespace_and_what_is_ignored_are_kept()
    {
        const string Policies = Twice + """

            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: default-deny, namespace: shop }
            spec: { podSelector: {}, policyTypes: [Ingress] }
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: empty-selector, namespace: shop }
            spec: { podSelector: { matchLabels: {} }, policyTypes: [Ingress], ingress: [] }
            """;

        var outcome = await NetPolProcess.RunAsync(Policies.Replace("name: no-pods,", "name: no-pods, annotations: { netpol.io/ignore: unused },", StringComparison.Ordinal), ["unused", "-f", Small, "-f", "-"]);

        Assert.AreEqual(1, outcome.ExitCode, outcome.Error);
        Assert.IsFalse(outcome.Output.Contains("default-deny\n", StringComparison.Ordinal) || outcome.Output.Contains("NetworkPolicy shop/no-pods", StringComparison.Ordinal), outcome.Output);
        StringAssert.Contains(outcome.Output, "not reported, because they are the default-deny of a namespace: ");
        StringAssert.Contains(outcome.Output, "not reported, because of the annotation netpol.io/ignore: 1 result\n");
    }
}
