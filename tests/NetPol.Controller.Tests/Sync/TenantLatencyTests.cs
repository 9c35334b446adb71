using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Testing.Clusters;

namespace NetPol.Controller.Tests.Sync;

/// <summary>While one tenant's policies multiply, just within its budget, the kernel takes what another one changes.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class TenantLatencyTests
{
    private static readonly IpAddress Neighbor = IpAddress.Parse("10.2.0.1");

    [TestMethod]
    [DataRow("labels")]
    [DataRow("networks")]
    [DataRow("blocks")]
    public async Task A_small_change_is_programmed_before_the_large_one_that_began_before_it(string shape)
    {
        var large = shape switch
        {
            "labels" => MultiplyingPolicies.OfLabels(43, 43, 16),
            "networks" => MultiplyingPolicies.OfNetworks(8, 19),
            _ => MultiplyingPolicies.OfBlocks(100, 198),
        };
        var withoutTenant = ClusterSnapshot.Create(large.Namespaces, large.Pods, large.Nodes, large.Policies.Where(p => p.Id.Namespace != MultiplyingPolicies.Tenant));
        await using var session = new KernelSession(MultiplyingPolicies.Node);
        session.Apply(withoutTenant);
        session.Start();
        await session.EnforcedAsync(Rules(withoutTenant));

        var locked = MultiplyingPolicies.WithNeighborLockedDown(large);
        session.BeforeCommit = transaction =>
        {
            session.BeforeCommit = t => t;
            session.Apply(locked);
            return transaction;
        };
        session.Apply(large);
        await session.EnforcedAsync(Rules(locked));

        var small = session.States.FindIndex(s => s.Rules.PodEgress.Defaults.Any(r => r.Subject == Neighbor));
        var whole = session.States.FindIndex(s => s.Rules.PodEgress.Defaults.Concat(s.Rules.PodIngress.Defaults).Any(r => r.Subject != Neighbor && r.Subject.ToString().StartsWith("10.1.", StringComparison.Ordinal)));
        Assert.IsTrue(small < whole, $"the small change is state {small}, the large one {whole} of {session.States.Count}");
        Assert.IsTrue(session.States[small].Commits + 1 < session.States[whole].Commits, "nothing of the large change was left to commit");
    }

    private static NodeRuleSet Rules(ClusterSnapshot cluster) => PolicyCompiler.CompileNode(cluster, MultiplyingPolicies.Node);
}
