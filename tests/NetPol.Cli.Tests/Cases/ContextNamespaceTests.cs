using NetPol.Cli.Tests.Input;

namespace NetPol.Cli.Tests.Cases;

/// <summary>Objects without a namespace get that of the kubeconfig's context, or of <c>-n</c>.</summary>
[TestClass, TestCategory("Process")]
public sealed class ContextNamespaceTests
{
    private const string Policy = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: closed}
        spec: {podSelector: {}, policyTypes: [Ingress]}
        """;

    private const string Cluster = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop}
        spec: {containers: [{name: c}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db, namespace: shop}
        spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: front, namespace: shop}
        spec: {selector: {}, ports: [{port: 80}]}
        ---

        """;

    [TestMethod]
    public async Task Diff_puts_the_policy_of_the_case_into_the_contexts_namespace()
    {
        await using var cluster = await CaseAsync();
        cluster.SetNamespace("shop");

        var outcome = await NetPolProcess.RunAsync("diff", "-f", CaseFolder.Of("15-context-namespace", "policy.yaml"), "--kubeconfig", cluster.Kubeconfig);

        Assert.AreEqual(1, outcome.ExitCode, outcome.Error);
        StringAssert.Contains(outcome.Output, "shop/db", StringComparison.Ordinal);
        StringAssert.Contains(outcome.Error, "1 object without a namespace is in shop", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("shop", "deny")]
    [DataRow("default", "allow")]
    public async Task The_option_says_more_than_the_context(string place, string verdict)
    {
        await using var cluster = await CaseAsync();
        cluster.SetNamespace("other");

        Assert.AreEqual(verdict, await ExplainedVerdicts.OfAsync(CaseFolder.Of("15-context-namespace", "policy.yaml"), "shop/web-7d9f-x1", "shop/db-0", "5432/TCP", "--kubeconfig", cluster.Kubeconfig, "-n", place));
    }

    [TestMethod]
    [DataRow("explain --from shop/web --to shop/db --port 80 -o json", "\"deny\"")]
    [DataRow("explain --from web --to db --port 80 -o json", "\"deny\"")]
    [DataRow("matrix -o json", "\"deny\"")]
    [DataRow("check", "1 policy, 1 namespace, 2 pods")]
    [DataRow("rules", "shop/closed")]
    [DataRow("render --node node-1", "shop/closed")]
    [DataRow("unused", "1 ")]
    public async Task Every_command_takes_it_for_files(string command, string words)
    {
        var outcome = await NetPolProcess.RunAsync(Cluster + Policy, [.. command.Split(' '), "-f", "-", "-n", "shop"]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        StringAssert.Contains(outcome.Output, words, StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Diff_takes_it_for_policies_that_are_deleted()
    {
        using var file = new TemporaryFile(Cluster + Policy);

        var outcome = await NetPolProcess.RunAsync("diff", "--old", file.Path, "-f", file.Path, "--without", "netpol/closed", "-n", "shop");

        Assert.AreEqual(1, outcome.ExitCode, outcome.Error);
    }

    [TestMethod]
    public async Task A_Service_is_named_as_with_kubectl()
    {
        var outcome = await NetPolProcess.RunAsync(
            $"{Cluster.Replace("selector: {}", "selector: {app: db}", StringComparison.Ordinal).Replace("name: db, namespace: shop", "name: db, namespace: shop, labels: {app: db}", StringComparison.Ordinal)}{Policy}",
            ["explain", "--from", "web", "--to", "svc/front", "--port", "80", "-f", "-", "--namespace", "shop"]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        StringAssert.Contains(outcome.Output, "shop/front", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Another_namespace_than_that_of_the_option_is_refused_as_by_an_apply()
    {
        await using var cluster = await LiveCluster.StartAsync("""{"items": [{"kind": "Namespace", "metadata": {"name": "shop"}}]}""");

        var outcome = await NetPolProcess.RunAsync(Policy.Replace("name: closed", "name: closed, namespace: data", StringComparison.Ordinal), ["check", "-f", "-", "-n", "shop", "--kubeconfig", cluster.Kubeconfig]);

        Assert.AreEqual(1, outcome.ExitCode, outcome.Output);
        StringAssert.Contains(outcome.Output, "-:3: NetworkPolicy data/closed: metadata.namespace: the object is in data, and -n says shop", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task No_kubeconfig_is_read_where_every_object_says_its_namespace()
    {
        var outcome = await NetPolProcess.RunAsync(Cluster + Policy.Replace("name: closed", "name: closed, namespace: shop", StringComparison.Ordinal), ["matrix", "-f", "-"]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        Assert.IsFalse(outcome.Error.Contains("note: 1 object", StringComparison.Ordinal), outcome.Error);
    }

    [TestMethod]
    [DataRow("status -n shop", "-n")]
    [DataRow("watch -n node-1", "--node")]
    public async Task No_command_has_another_meaning_for_it(string command, string words)
    {
        var outcome = await NetPolProcess.RunAsync(command.Split(' '));

        Assert.AreEqual(2, outcome.ExitCode);
        StringAssert.Contains(outcome.Error, words, StringComparison.Ordinal);
    }

    private static async Task<LiveCluster> CaseAsync() => await LiveCluster.StartAsync(await File.ReadAllTextAsync(CaseFolder.Of("15-context-namespace", "cluster.json")));
}
