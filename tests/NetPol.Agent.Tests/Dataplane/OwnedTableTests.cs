using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.Dataplane;
using NetPol.Compiler;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Tests;
using NetPol.Rendering;
using NetPol.Testing.Generation;

namespace NetPol.Agent.Tests.Dataplane;

[TestClass, TestCategory("Kernel")]
public sealed class OwnedTableTests
{
    private readonly NodeRuleSet _rules = Generators.Clusters.Draw(200).SelectMany(c => (IEnumerable<NodeRuleSet>)PolicyCompiler.Compile(c))
        .First(r => !r.PodIngress.PolicyEntries.IsEmpty && !r.PodIngress.Peers.IsEmpty);

    [TestMethod]
    public void Agent_claims_the_table_of_the_agent_before_it_and_changes_nothing_else()
    {
        using var kernel = new KernelNamespace();
        using (var first = kernel.OpenOwner())
            Assert.IsGreaterThan(1, Apply(first));
        var before = Listed(kernel);
        using var second = kernel.OpenOwner();
        Assert.AreEqual(1, Apply(second));
        Assert.AreEqual(before, Listed(kernel));
        Assert.AreEqual(TableOwnership.Own, second.Read(Renderer.TableName)!.Ownership);
    }

    [TestMethod]
    public void Agent_claims_the_table_before_a_controller_answers()
    {
        using var kernel = new KernelNamespace();
        using (var first = kernel.OpenOwner())
            Apply(first);
        var before = Listed(kernel);
        using var second = kernel.OpenOwner();
        Assert.IsTrue(New(second).TryClaimTable());
        kernel.Nft("flush ruleset");
        Assert.AreEqual(before, Listed(kernel));
        Assert.AreEqual(TableOwnership.Own, second.Read(Renderer.TableName)!.Ownership);
        Assert.AreEqual(0, Apply(second));
    }

    [TestMethod]
    public void Agent_has_nothing_to_claim_on_a_new_node()
    {
        using var kernel = new KernelNamespace();
        using var owner = kernel.OpenOwner();
        Assert.IsTrue(New(owner).TryClaimTable());
        Assert.IsNull(owner.Read(Renderer.TableName));
    }

    [TestMethod]
    public void Agent_replaces_a_table_without_an_owner_once()
    {
        using var kernel = new KernelNamespace();
        Apply(kernel.Nftables);
        var before = Listed(kernel);
        using var owner = kernel.OpenOwner();
        Assert.IsGreaterThan(1, Apply(owner));
        Assert.AreEqual(before, Listed(kernel));
        Assert.AreEqual(0, Apply(owner));
    }

    [TestMethod]
    public void Flushed_rule_set_still_has_the_table()
    {
        using var kernel = new KernelNamespace();
        using var owner = kernel.OpenOwner();
        Apply(owner);
        kernel.Nft("flush ruleset");
        Assert.AreEqual(Renderer.Render(_rules), Listed(kernel));
    }

    [TestMethod]
    public void Table_of_a_running_agent_is_foreign_to_another_and_cleanup_says_so()
    {
        using var kernel = new KernelNamespace();
        using (var first = kernel.OpenOwner())
        {
            Apply(first);
            using var second = kernel.OpenOwner();
            Assert.IsFalse(New(second).TryClaimTable());
            Assert.IsTrue(New(first).TryClaimTable());
            var refused = Assert.ThrowsExactly<NftablesException>(() => TableRemoval.Remove(kernel.Nftables));
            Assert.Contains("another program owns the table", refused.Message);
        }
        Assert.IsTrue(TableRemoval.Remove(kernel.Nftables));
    }

    private static TableState? Listed(KernelNamespace kernel) => kernel.Nftables.Read(Renderer.TableName);

    private NftablesDataplane New(INftables nftables) => new(_rules.Node, nftables, TestAgentStatus.New(), TimeProvider.System, NullLogger.Instance);

    private int Apply(INftables nftables) => New(nftables).Apply(new(1, 0, null), NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty(_rules.Node), _rules));
}
