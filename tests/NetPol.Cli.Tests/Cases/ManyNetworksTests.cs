using System.Diagnostics;

namespace NetPol.Cli.Tests.Cases;

/// <summary>The explanation of a rule with thousands of networks shows only the network that matches and their number, in lines of readable length.</summary>
[TestClass, TestCategory("Process")]
public sealed class ManyNetworksTests
{
    private const string Web = """
        apiVersion: v1
        kind: Pod
        metadata: { name: web, namespace: default, labels: { app: web } }
        spec: { containers: [{ name: c, ports: [{ containerPort: 443 }] }] }
        ---

        """;

    [TestMethod]
    [DataRow("11.2.8.9", "network 11.2.8.0/24 (one of 10,000 networks)")]
    [DataRow("192.0.2.7", "192.0.2.7 is not among 10,000 networks (network 11.0.0.0/24; network 11.0.4.0/24; network 11.0.8.0/24; …)")]
    public Task Ten_thousand_networks_of_one_rule(string from, string why) => AssertExplained(
        Policy(string.Join("\n", Enumerable.Range(0, 10_000).Select(i => $"    - ipBlock: {{ cidr: 11.{i / 64}.{i % 64 * 4}.0/24 }}"))), from, why);

    [TestMethod]
    [DataRow("214.115.8.9", "network 214.115.8.0/24 (one of 10,000 networks)")]
    [DataRow("127.0.0.1", "127.0.0.1 is not among 10,000 networks (network 0.102.1.0/24; network 0.103.219.0/24; network 0.120.101.0/24; …)")]
    public async Task The_networks_of_the_case(string from, string why) => await AssertExplained(await MakeCaseAsync(10_000), from, why, "");

    [TestMethod]
    [DataRow("10.9.9.9", "network 10.0.0.0/8 except 3,000 networks (10.0.0.1/32,10.0.1.1/32,10.0.2.1/32,…)")]
    [DataRow("10.3.7.1", "10.3.7.1 is not among network 10.0.0.0/8 except 3,000 networks (10.0.0.1/32,10.0.1.1/32,10.0.2.1/32,…); network 10.0.0.0/8 excepts 10.3.7.1/32")]
    public Task A_network_with_thousands_of_holes(string from, string why) => AssertExplained(
        Policy($"    - ipBlock: {{ cidr: 10.0.0.0/8, except: [{string.Join(", ", Enumerable.Range(0, 3_000).Select(i => $"10.{i / 256}.{i % 256}.1/32"))}] }}"), from, why);

    [TestMethod]
    [DataRow("fd00::5:1", "network fd00::5:0/112 (one of 2,001 peers)")]
    [DataRow("fd01::1", "fd01::1 is not among 2,001 peers (pods app=api in default; network fd00::/112; network fd00::1:0/112; …)")]
    public Task Networks_of_the_other_family_beside_pods(string from, string why) => AssertExplained(
        Policy("    - podSelector: { matchLabels: { app: api } }\n" + string.Join("\n", Enumerable.Range(0, 2_000).Select(i => $"    - ipBlock: {{ cidr: 'fd00::{i:x}:0/112' }}"))), from, why,
        Web.Replace("spec: {", "status: { podIPs: [{ ip: 'fd02::1' }] }\nspec: {", StringComparison.Ordinal));

    /// <summary>Returns the manifests that the script of the case writes: one rule with that many networks.</summary>
    internal static async Task<string> MakeCaseAsync(int networks)
    {
        using var python = Process.Start(new ProcessStartInfo("python3", [CaseFolder.Of("23-many-cidrs", "make.py"), $"{networks}"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var text = await python.StandardOutput.ReadToEndAsync();
        await python.WaitForExitAsync();
        Assert.AreEqual(0, python.ExitCode);
        return text;
    }

    private static string Policy(string from) => $"""
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {"{ name: list, namespace: default }"}
        spec:
          podSelector: {"{ matchLabels: { app: web } }"}
          policyTypes: [Ingress]
          ingress:
          - ports: [{"{ port: 443 }"}]
            from:
        {from}
        """;

    private static async Task AssertExplained(string policy, string from, string why, string pod = Web)
    {
        var outcome = await NetPolProcess.RunAsync(pod + policy, ["explain", "-f", "-", "--from", from, "--to", "default/web", "--port", "443/TCP"]);
        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        Assert.Contains(why, outcome.Output);
        foreach (var line in outcome.Output.Split('\n').Concat(outcome.Error.Split('\n')))
            Assert.IsLessThan(250, line.Length);
    }
}
