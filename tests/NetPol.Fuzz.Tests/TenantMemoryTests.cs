using System.Net;
using System.Text.Json.Nodes;
using NetPol.Model.Cluster;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;

namespace NetPol.Fuzz.Tests;

/// <summary>
/// One tenant's policies multiply, in the shapes of the findings C5, C6 and H6. The real controller and the real agent stay within the memory limits of the manifests:
/// 512 MB and 256 MB.
/// </summary>
[TestClass]
public sealed class TenantMemoryTests
{
    private const long ControllerMemory = 512L << 20, AgentMemory = 256L << 20;

    public required TestContext TestContext { get; init; }

    [TestMethod]
    [DataRow("C5", 1)]
    [DataRow("C5", 4)]
    [DataRow("C5", 16)]
    [DataRow("C6", 1)]
    [DataRow("C6", 4)]
    [DataRow("C6", 16)]
    [DataRow("H6", 1)]
    [DataRow("H6", 4)]
    [DataRow("H6", 16)]
    public Task Policies_over_the_budget_exceed_no_memory_limit(string shape, int times) => MeasureAsync($"{shape}, {times} times", isOverBudget: true, shape switch
    {
        "C5" => MultiplyingPolicies.OfLabels(300, 110, 60 * times),
        "C6" => MultiplyingPolicies.OfNetworks(60, 120, times),
        _ => MultiplyingPolicies.OfNetworks(60, 80, times),
    });

    /// <summary>The largest rule sets that a namespace may have.</summary>
    [TestMethod]
    [DataRow("labels")]
    [DataRow("networks")]
    [DataRow("blocks")]
    public Task Policies_just_within_the_budget_exceed_no_memory_limit(string shape) => MeasureAsync($"{shape}, at the limit", isOverBudget: false, shape switch
    {
        "labels" => MultiplyingPolicies.OfLabels(43, 43, 16),
        "networks" => MultiplyingPolicies.OfNetworks(8, 19),
        _ => MultiplyingPolicies.OfBlocks(100, 198),
    });

    private async Task MeasureAsync(string name, bool isOverBudget, ClusterSnapshot cluster)
    {
        await using var controller = await ControllerProcess.StartAsync(TimeSpan.FromMilliseconds(1), ControllerMemory, heap: ControllerMemory * 3 / 4);
        await using var agent = new AgentProcess(controller, AgentMemory);
        await controller.WaitAsync("the agent's first rules", () => IsCurrentAsync(controller, agent));
        Put(controller.Cluster, cluster);
        // The controller takes a batch after it has compiled the one before. It has compiled the tenant's policies when it takes the third.
        var policies = cluster.Policies.Count;
        await TakenAsync(controller, policies);
        foreach (var marker in (string[])["first", "second"])
        {
            controller.Cluster.Objects.Put("NetworkPolicy", $$$"""{"metadata":{"name":"{{{marker}}}","namespace":"{{{MultiplyingPolicies.Neighbor}}}" },"spec":{ "podSelector":{} } }""");
            await TakenAsync(controller, ++policies);
        }
        await controller.WaitAsync("the metric of exceeded budgets", async () =>
            (await MetricsAsync(controller)).Any(l => l.StartsWith("netpol_controller_budget_exceeded{", StringComparison.Ordinal)) == isOverBudget);
        await controller.WaitAsync("the agent to program the rules", () => IsCurrentAsync(controller, agent));
        controller.Process.AssertLives();
        agent.Process.AssertLives();
        TestContext.WriteLine($"{name}: controller {controller.Process.PeakResident >> 20} MB, agent {agent.Process.PeakResident >> 20} MB resident at most; cgroups {controller.Process.Group.Peak >> 20} and {agent.Process.Group.Peak >> 20} MB");
        Assert.IsLessThanOrEqualTo(ControllerMemory, controller.Process.PeakResident);
        Assert.IsLessThanOrEqualTo(AgentMemory, agent.Process.PeakResident);
    }

    private static void Put(FakeApiServer api, ClusterSnapshot cluster)
    {
        var writer = new ManifestWriter("v1alpha2");
        foreach (var space in cluster.Namespaces)
            api.Objects.Put("Namespace", ManifestWriter.Write(space).ToJsonString());
        // The agent's own node exists.
        foreach (var node in cluster.Nodes.Where(n => !string.Equals(n.Name, FuzzedCluster.Node, StringComparison.Ordinal)))
            api.Objects.Put("Node", ManifestWriter.Write(node).ToJsonString());
        foreach (var pod in cluster.Pods)
            api.Objects.Put("Pod", ManifestWriter.Write(pod).ToJsonString());
        foreach (var policy in cluster.Policies)
            api.Objects.Put("NetworkPolicy", writer.Write(policy).ToJsonString());
    }

    /// <summary>Waits until the controller has taken all policies into a batch.</summary>
    private static async Task TakenAsync(ControllerProcess controller, int policies)
    {
        await controller.WaitAsync($"{policies} NetworkPolicies", () => HasAsync("netpol_controller_informer_objects", policies));
        await controller.WaitAsync($"the batch with {policies} NetworkPolicies", () => HasAsync("netpol_controller_informer_pending", 0));

        async Task<bool> HasAsync(string metric, int value) => (await MetricsAsync(controller)).Any(l =>
            l.StartsWith($"{metric}{{", StringComparison.Ordinal) && l.Contains("kind=\"NetworkPolicy\"", StringComparison.Ordinal) && string.Equals(l.Split(' ')[1], $"{value}", StringComparison.Ordinal));
    }

    private static async Task<string[]> MetricsAsync(ControllerProcess controller) => (await controller.GetAsync(controller.MetricsPort, "/metrics")).Text.Split('\n');

    /// <summary>Whether the agent has programmed all that the controller has compiled.</summary>
    private static async Task<bool> IsCurrentAsync(ControllerProcess controller, AgentProcess agent)
    {
        agent.Process.AssertLives();
        var (status, text) = await controller.GetAsync(controller.LocalPort, "/state");
        return status == HttpStatusCode.OK && JsonNode.Parse(text)!["agents"]!.AsArray() is [{ } one] && (bool)one["isCurrent"]!;
    }
}
