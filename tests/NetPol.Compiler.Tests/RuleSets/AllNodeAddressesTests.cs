using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;

namespace NetPol.Compiler.Tests.RuleSets;

/// <summary>Every rule set contains the addresses of all nodes. A changed node address is one changed entry on each node.</summary>
[TestClass]
public sealed class AllNodeAddressesTests
{
    private static readonly IpAddress First = Make.Address("192.168.0.1");
    private static readonly IpAddress First6 = Make.Address("fd00:192::1");
    private static readonly IpAddress Second = Make.Address("192.168.0.2");
    private static readonly IpAddress Moved = Make.Address("192.168.0.7");

    [TestMethod]
    public void Every_node_knows_the_addresses_of_all_nodes()
    {
        var rules = PolicyCompiler.Compile(TwoNodes("192.168.0.2").Snapshot);
        Assert.HasCount(2, rules);
        foreach (var node in rules)
            Assert.AreEqual([First, Second, First6], node.AllNodeAddresses, node.Node);
    }

    [TestMethod]
    public void Changed_address_is_one_entry_per_node()
    {
        var compiler = Compiled(TwoNodes("192.168.0.2"));
        var deltas = compiler.Apply(ClusterDifference.Between(TwoNodes("192.168.0.2").Snapshot, TwoNodes("192.168.0.7").Snapshot));
        Assert.HasCount(2, deltas);
        foreach (var delta in deltas)
            Assert.AreEqual(new ListChange<IpAddress>([Second], [Moved]), delta.AllNodeAddresses, delta.Node);
    }

    [TestMethod]
    public void Shared_address_stays_until_both_nodes_lose_it()
    {
        var (shared, one, none) = (TwoNodes("192.168.0.1"), TwoNodes("192.168.0.2"), TwoNodes("192.168.0.2", "fd00:192::1"));
        var compiler = Compiled(shared);
        Assert.AreEqual([First, First6], compiler.RulesOf("a").RuleSet.AllNodeAddresses);
        _ = compiler.Apply(ClusterDifference.Between(shared.Snapshot, one.Snapshot));
        Assert.AreEqual([First, Second, First6], compiler.RulesOf("b").RuleSet.AllNodeAddresses);
        _ = compiler.Apply(ClusterDifference.Between(one.Snapshot, none.Snapshot));
        Assert.AreEqual([Second, First6], compiler.RulesOf("b").RuleSet.AllNodeAddresses);
    }

    [TestMethod]
    public void Deleted_node_loses_all_addresses_and_others_lose_its_own()
    {
        var (before, after) = (TwoNodes("192.168.0.2"), new TestCluster().Node("a", "192.168.0.1,fd00:192::1"));
        var compiler = Compiled(before);
        var deltas = compiler.Apply(ClusterDifference.Between(before.Snapshot, after.Snapshot));
        Assert.AreEqual(new ListChange<IpAddress>([Second], []), deltas.Single(d => d.Node == "a").AllNodeAddresses);
        Assert.AreEqual(new ListChange<IpAddress>([First, Second, First6], []), deltas.Single(d => d.Node == "b").AllNodeAddresses);
        Assert.AreEqual(NodeRuleSet.CreateEmpty("b"), compiler.RulesOf("b").RuleSet);
    }

    private static TestCluster TwoNodes(string second, string first = "192.168.0.1,fd00:192::1") => new TestCluster().Node("a", first).Node("b", second);

    private static IncrementalCompiler Compiled(TestCluster cluster)
    {
        var compiler = new IncrementalCompiler();
        _ = compiler.Apply(ClusterChanges.FromEmptyTo(cluster.Snapshot));
        return compiler;
    }
}
