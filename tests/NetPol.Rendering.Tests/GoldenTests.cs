using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Testing.Infrastructure;

namespace NetPol.Rendering.Tests;

/// <summary>The layout as nft text. With NETPOL_ACCEPT=1 in the environment the test writes the files again; review them with git.</summary>
[TestClass, TestCategory("Unit")]
public sealed class GoldenTests
{
    [TestMethod]
    public void A_rule_set_without_subjects() => AssertGolden("empty", NftText.Write(Renderer.Render(NodeRuleSet.CreateEmpty("n1"))));

    [TestMethod]
    public void One_pod_with_every_kind_of_entry() => AssertGolden("one-pod", NftText.Write(Renderer.Render(SmallRuleSet.Value)));

    [TestMethod]
    public void One_pod_whose_denials_are_logged() =>
        AssertGolden("one-pod-logged", NftText.Write(Renderer.Render(SmallRuleSet.Value, new() { Always = Model.Policies.FlowLogging.Denied })));

    [TestMethod]
    public void A_peer_that_moves_to_another_address()
    {
        var before = SmallRuleSet.Value;
        var moved = before.PodIngress.Peers[0] with { Address = NetPol.Model.Net.IpAddress.Parse("10.0.1.2") };
        var after = before with { PodIngress = before.PodIngress with { Peers = [moved, before.PodIngress.Peers[1]] } };
        AssertGolden("moved-peer", Renderer.Render(NodeRuleSetDelta.Between(before, after)).ToString());
    }

    [TestMethod]
    public void A_pod_without_egress_policies_any_more()
    {
        var before = SmallRuleSet.Value;
        AssertGolden("removed-egress", Renderer.Render(NodeRuleSetDelta.Between(before, before with { PodEgress = EnforcementRules.Empty })).ToString());
    }

    private static void AssertGolden(string name, string rendered)
    {
        var file = Path.Combine(Repository.Root, "tests", "NetPol.Rendering.Tests", "Golden", $"{name}.nft");
        if (Environment.GetEnvironmentVariable("NETPOL_ACCEPT") == "1")
            File.WriteAllText(file, rendered);
        Assert.AreEqual(File.Exists(file) ? File.ReadAllText(file) : "", rendered, $"{file}\n{rendered}");
    }
}
