using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Compiler.Tests;

/// <summary>Every node knows the addresses of all nodes, and one node's change is one entry on each.</summary>
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
    public void One_address_that_changes_is_one_entry_on_every_node()
    {
        var compiler = Compiled(TwoNodes("192.168.0.2"));
        var deltas = compiler.Apply(Changes.Between(TwoNodes("192.168.0.2").Snapshot, TwoNodes("192.168.0.7").Snapshot));
        Assert.HasCount(2, deltas);
        foreach (var delta in deltas)
            Assert.AreEqual(new Change<IpAddress>([Second], [Moved]), delta.AllNodeAddresses, delta.Node);
    }

    [TestMethod]
    public void An_address_that_two_nodes_have_stays_until_both_have_lost_it()
    {
        var (shared, one, none) = (TwoNodes("192.168.0.1"), TwoNodes("192.168.0.2"), TwoNodes("192.168.0.2", "fd00:192::1"));
        var compiler = Compiled(shared);
        Assert.AreEqual([First, First6], compiler.RulesOf("a").RuleSet.AllNodeAddresses);
        _ = compiler.Apply(Changes.Between(shared.Snapshot, one.Snapshot));
        Assert.AreEqual([First, Second, First6], compiler.RulesOf("b").RuleSet.AllNodeAddresses);
        _ = compiler.Apply(Changes.Between(one.Snapshot, none.Snapshot));
        Assert.AreEqual([Second, First6], compiler.RulesOf("b").RuleSet.AllNodeAddresses);
    }

    [TestMethod]
    public void A_node_that_goes_loses_them_all_and_the_others_lose_its_own()
    {
        var (before, after) = (TwoNodes("192.168.0.2"), new World().Node("a", "192.168.0.1,fd00:192::1"));
        var compiler = Compiled(before);
        var deltas = compiler.Apply(Changes.Between(before.Snapshot, after.Snapshot));
        Assert.AreEqual(new Change<IpAddress>([Second], []), deltas.Single(d => d.Node == "a").AllNodeAddresses);
        Assert.AreEqual(new Change<IpAddress>([First, Second, First6], []), deltas.Single(d => d.Node == "b").AllNodeAddresses);
        Assert.AreEqual(NodeRuleSet.EmptyFor("b"), compiler.RulesOf("b").RuleSet);
    }

    private static World TwoNodes(string second, string first = "192.168.0.1,fd00:192::1") => new World().Node("a", first).Node("b", second);

    private static IncrementalCompiler Compiled(World world)
    {
        var compiler = new IncrementalCompiler();
        _ = compiler.Apply(ClusterChanges.ToGetTo(world.Snapshot));
        return compiler;
    }
}
