namespace NetPol.Cli.Tests.Check;

/// <summary>A controller isolates a namespace whose NetworkPolicies exceed the budget.</summary>
[TestClass, TestCategory("Process")]
public sealed class BudgetTests
{
    private static string Policy(int blocks) => $$"""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: many, namespace: shop }
        spec:
          podSelector: {}
          policyTypes: [Egress]
          egress: [{ to: [{{string.Join(", ", Enumerable.Range(0, blocks).Select(i => $$"""{ ipBlock: { cidr: "198.{{i / 256}}.{{i % 256}}.0/24" } }"""))}}] }]
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: web, namespace: shop }
        """;

    [TestMethod]
    public async Task Check_says_what_the_controller_would_say()
    {
        var outcome = await NetPolProcess.RunAsync(Policy(20_001), ["check", "-f", "-"]);

        Assert.AreEqual(1, outcome.ExitCode, outcome.Error);
        Assert.Contains("Namespace shop: the NetworkPolicies of namespace shop need more than 20,000 CIDR blocks", outcome.Output);
        Assert.Contains("--namespace-networks", outcome.Output);
    }

    [TestMethod]
    public async Task Check_says_nothing_at_the_limit()
    {
        var outcome = await NetPolProcess.RunAsync(Policy(20_000), ["check", "-f", "-"]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Output);
        Assert.DoesNotContain("CIDR blocks", outcome.Output);
    }

    [TestMethod]
    public async Task Rules_are_those_that_the_controller_enforces()
    {
        var outcome = await NetPolProcess.RunAsync(Policy(20_001), ["rules", "-f", "-"]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        Assert.DoesNotContain("198.1.1.0", outcome.Output);
        Assert.Contains("--namespace-networks", outcome.Error);
    }
}
