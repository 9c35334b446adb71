using k8s;
using k8s.Models;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>A namespace that is being deleted on a real API server: its policies go first, its pods have their grace period (CVE-2024-7598).</summary>
[TestClass, TestCategory("Cluster")]
public sealed class NamespaceDeletionTests
{
    private const string Space = "shop";
    private static readonly SharedTestController Started = new(TestController.StartAsync);
    private static readonly Connection Attack = new(IpAddress.Parse("10.1.0.99"), IpAddress.Parse("10.1.0.7"), NetPol.Model.Net.Protocol.Tcp, 22);

    [ClassCleanup]
    public static Task StopAsync() => Started.StopAsync();

    [TestMethod]
    public async Task Pods_stay_isolated_until_they_are_deleted()
    {
        var host = await Started.Value;
        await host.CreateWorkloadAsync(Space, "db", "10.1.0.7");
        await host.Client.NetworkingV1.CreateNamespacedNetworkPolicyAsync(
            new() { Metadata = new() { Name = "closed" }, Spec = new() { PodSelector = new(), PolicyTypes = ["Ingress"] } }, Space);
        await UntilAsync(host, "the pod is closed", rules => Evaluate(rules) == Verdict.Deny);

        await host.Client.CoreV1.DeleteNamespaceAsync(Space);
        await host.Client.NetworkingV1.DeleteNamespacedNetworkPolicyAsync("closed", Space);
        // What comes after it has been seen when this has.
        await host.CreatePodAsync("marker", "n1");
        await host.AddressAsync("marker", "10.1.0.8");
        await host.Client.NetworkingV1.CreateNamespacedNetworkPolicyAsync(
            new() { Metadata = new() { Name = "marker" }, Spec = new() { PodSelector = new(), PolicyTypes = ["Ingress"] } }, "netpol-system");
        await UntilAsync(host, "the marker is closed and the pod is closed still", rules =>
            rules.PodIngress.Defaults.Any(r => r.Subject == IpAddress.Parse("10.1.0.8")) && Evaluate(rules) == Verdict.Deny);
        Assert.AreEqual("NetworkPolicy shop/closed", string.Join(", ", host.Inventory.RetainedPolicies));
        Assert.IsEmpty((await host.Client.NetworkingV1.ListNamespacedNetworkPolicyAsync(Space)).Items);

        await host.Client.CoreV1.DeleteNamespacedPodAsync("db", Space, gracePeriodSeconds: 0);
        await UntilAsync(host, "nothing is kept", rules => rules.PodIngress.Defaults.All(r => r.Subject != Attack.Destination));
        Assert.AreEqual(0, host.Inventory.RetainedPolicies.Count);
        Assert.DoesNotContain(p => p.Id.Namespace == Space, host.Store.Cluster.Policies);
    }

    private static Verdict Evaluate(NodeRuleSet rules) => new RuleSetEvaluator(rules).EvaluatePodIngress(Attack).Verdict;

    private static async Task UntilAsync(TestController host, string what, Func<NodeRuleSet, bool> isSo)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var current = host.Store.Find("n1")!.Current;
            if (isSo(current.Rules))
                return;
            try
            {
                await host.Store.Find("n1")!.WaitForVersionAfterAsync(current.Version).WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"waited a minute until {what}; subjects are {string.Join(", ", current.Rules.PodIngress.Defaults.Select(r => r.Subject))}");
            }
        }
    }
}
