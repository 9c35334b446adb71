namespace NetPol.Cli.Tests.Cases;

/// <summary>Policies of other programs can change a verdict. Every command that returns verdicts warns about them.</summary>
[TestClass, TestCategory("Process")]
public sealed class ForeignPolicyTests
{
    private const string Pods = """
        apiVersion: v1
        kind: Pod
        metadata: {name: a, labels: {app: a}}
        spec: {nodeName: n1, containers: [{name: c, ports: [{containerPort: 80}]}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: a}
        spec: {podSelector: {}}
        ---

        """;

    [TestMethod]
    [DataRow("check")]
    [DataRow("matrix")]
    [DataRow("rules")]
    [DataRow("unused")]
    [DataRow("explain --from app/cli --to app/web --port 80")]
    public async Task Every_kind_of_the_case_is_named(string command)
    {
        var outcome = await NetPolProcess.RunAsync([.. command.Split(' '), "-f", CaseFolder.Of("18-other-kinds", "all.yaml")]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        foreach (var kind in (string[])["CiliumNetworkPolicy app/web", "CiliumClusterwideNetworkPolicy all", "NetworkPolicy app/default.web", "GlobalNetworkPolicy default.deny", "ClusterNetworkPolicy acnp", "MultiNetworkPolicy app/m"])
            StringAssert.Contains(outcome.Output + outcome.Error, $"{kind}: warning: a ", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("extensions/v1beta1", "NetworkPolicy", "write a NetworkPolicy of networking.k8s.io/v1")]
    [DataRow("v1", "NetworkPolicy", "write a NetworkPolicy of networking.k8s.io/v1")]
    [DataRow("networking.k8s.aws/v1alpha1", "ApplicationNetworkPolicy", "Kubernetes policies alone")]
    [DataRow("networking.k8s.aws/v1alpha1", "ClusterNetworkPolicy", "write a ClusterNetworkPolicy of policy.networking.k8s.io")]
    [DataRow("network.openshift.io/v1", "EgressNetworkPolicy", "Kubernetes policies alone")]
    [DataRow("k8s.ovn.org/v1", "EgressFirewall", "Kubernetes policies alone")]
    [DataRow("security.istio.io/v1", "AuthorizationPolicy", "Kubernetes policies alone")]
    [DataRow("projectcalico.org/v3", "StagedNetworkPolicy", "Kubernetes policies alone")]
    public async Task A_policy_that_is_not_read_is_a_warning(string version, string kind, string advice)
    {
        var manifests = $$"""
            {{Pods}}apiVersion: {{version}}
            kind: {{kind}}
            metadata: {name: other}
            spec: {}
            """;
        foreach (var command in (string[])["check -f -", "matrix -f -", "render -f - --node n1", "diff -f - --old ."])
        {
            var outcome = await NetPolProcess.RunAsync(manifests, [.. command.Replace(" .", $" {NetPolProcess.Fixture("small")}", StringComparison.Ordinal).Split(' ')]);

            StringAssert.Contains(outcome.Output + outcome.Error, $"warning: {("AEIOU".Contains(kind[0]) ? "an" : "a")} {kind} of {version} is not read, and may change the answer", StringComparison.Ordinal, command);
            StringAssert.Contains(outcome.Output + outcome.Error, advice, StringComparison.Ordinal, command);
        }
    }
}
