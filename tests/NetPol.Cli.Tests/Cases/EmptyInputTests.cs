namespace NetPol.Cli.Tests.Cases;

/// <summary>Commands reject input without policies, or without pods that policies select: an empty result would look like a good one.</summary>
[TestClass, TestCategory("Process")]
public sealed class EmptyInputTests
{
    private const int Usage = 2;

    private const string Policy = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: deny, namespace: shop }
        spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
        """;

    private const string ClusterPolicy = """
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: { name: deny }
        spec: { tier: Admin, priority: 1, subject: { namespaces: {} }, ingress: [{ action: Deny, from: [{ namespaces: {} }] }] }
        ---
        apiVersion: v1
        kind: Namespace
        metadata: { name: shop }
        """;

    private const string HostNetwork = """
        apiVersion: v1
        kind: Pod
        metadata: { name: proxy, namespace: shop }
        spec: { hostNetwork: true, containers: [{ name: c, ports: [{ containerPort: 80 }] }] }
        """;

    private const string Finished = """
        apiVersion: v1
        kind: Pod
        metadata: { name: migration, namespace: shop }
        spec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }] }
        status: { phase: Succeeded }
        """;

    private const string Subject = """
        apiVersion: v1
        kind: Pod
        metadata: { name: migration, namespace: shop }
        spec: { nodeName: node-1, containers: [{ name: c, ports: [{ containerPort: 80 }] }] }
        status: { phase: Failed, podIP: 10.244.0.9 }
        """;

    private const string Pod = """
        apiVersion: v1
        kind: Pod
        metadata: { name: web, namespace: shop }
        spec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }] }
        """;

    private static readonly string[] Comparing =
    [
        "matrix -f {0} --port 80/TCP", "diff --old {0} -f {0}", "unused -f {0}", "explain -f {0} --from 192.0.2.7 --to 192.0.2.8 --port 80/TCP",
    ];

    private static readonly string[] InOtherForms =
    [
        "matrix -f {0}", "matrix -f {0} --port ICMP --address 192.0.2.7 -o json", "matrix -f {0} -o html", "diff --old {0} -f {0} -o json", "unused -f {0} -o json",
        "explain -f {0} --from shop/web --to svc/shop/web --port 80 -o json", "rules -f {0}", "rules -f {0} -o json", "render -f {0} --node node-1",
    ];

    [TestMethod]
    [DataRow("policies-only.yaml", "there are no pods: ")]
    [DataRow("hostnetwork-only.yaml.txt", "there are no pods that policies select (monitoring/exporter-1, monitoring/exporter-2 are on the host's network): ")]
    public async Task The_case_without_pods_is_refused(string file, string reason) => await RefuseAsync(CaseFolder.Of("21-no-pods", file), reason, [.. Comparing, .. InOtherForms]);

    [TestMethod]
    public async Task A_finished_pod_that_keeps_its_address_is_compared()
    {
        using var policy = new TemporaryFile($"{Policy}\n---\n{Subject}");
        using var pods = new TemporaryFile(Subject);

        var diff = await NetPolProcess.RunAsync("diff", "--old", pods.Path, "-f", policy.Path);
        Assert.AreEqual(1, diff.ExitCode, diff.Error);
        StringAssert.Contains(diff.Output, "every port: every address outside -> every pod\n      now denied by ingress isolation of shop/deny");
        var unused = await NetPolProcess.RunAsync("unused", "-f", policy.Path);
        Assert.AreEqual(0, unused.ExitCode, unused.Output + unused.Error);
        await RefuseAsync(policy.Path, "there are no pods that policies select (shop/migration has finished): ", ["matrix -f {0} --port 80/TCP"]);
    }

    [TestMethod]
    [DataRow(Policy, "there are no pods: ")]
    [DataRow(ClusterPolicy, "there are no pods: ")]
    [DataRow(Policy + "\n---\n" + HostNetwork, "there are no pods that policies select (shop/proxy is on the host's network): ")]
    [DataRow(Policy + "\n---\n" + Finished, "there are no pods that policies select (shop/migration has finished): ")]
    [DataRow(Policy + "\n---\n" + HostNetwork + "\n---\n" + Finished, "there are no pods that policies select (shop/proxy is on the host's network; shop/migration has finished): ")]
    [DataRow("", "there are no pods and no policies: ")]
    [DataRow("# a comment\n---\n", "there are no pods and no policies: ")]
    [DataRow("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n", "there are no pods and no policies: ")]
    public async Task Input_without_pods_is_refused(string text, string reason)
    {
        using var file = new TemporaryFile(text);

        await RefuseAsync(file.Path, reason, Comparing);
    }

    [TestMethod]
    public async Task Input_without_policies_is_refused_where_policies_are_compared()
    {
        using var file = new TemporaryFile(Pod);

        await RefuseAsync(file.Path, "there are no policies, so every connection is allowed: ", Comparing);
        Assert.AreEqual(0, (await NetPolProcess.RunAsync("rules", "-f", file.Path)).ExitCode);
    }

    [TestMethod]
    public async Task One_side_with_pods_is_enough_to_compare()
    {
        using var file = new TemporaryFile(Policy + "\n---\n" + Pod);

        using var nothing = new TemporaryFile("");

        var outcome = await NetPolProcess.RunAsync("diff", "-f", file.Path, "--old", nothing.Path);

        Assert.AreEqual(1, outcome.ExitCode, outcome.Error);
    }

    private static async Task RefuseAsync(string path, string reason, IEnumerable<string> commands)
    {
        foreach (var command in commands)
        {
            var outcome = await NetPolProcess.RunAsync([.. command.Split(' ').Select(w => string.Equals(w, "{0}", StringComparison.Ordinal) ? path : w)]);

            Assert.AreEqual(Usage, outcome.ExitCode, $"{command}: {outcome.Output}{outcome.Error}");
            Assert.AreEqual("", outcome.Output, command);
            StringAssert.Contains(outcome.Error, $"netpol: {reason}", command);
        }
    }
}
