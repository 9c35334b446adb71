using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Testing.Clusters;

namespace NetPol.Compiler.Tests.RuleSets;

/// <summary>Source grants from the controller's configuration are in the rule set of the pod's node only.</summary>
[TestClass]
public sealed class GrantedSourcesTests
{
    private static readonly IpAddress Address = Make.Address("10.1.0.2");
    private static readonly IpAddress Address6 = Make.Address("fd01::2");
    private static readonly Pod Gateway = new(new("vpn", "gw"), Labels.None, "a", [Address, Address6], []) { GrantedSources = [Cidr.Parse("10.99.0.0/16")] };

    [TestMethod]
    public void Each_address_of_the_pod_has_each_of_its_sources()
    {
        var compiler = Compiled(Gateway);
        Assert.AreEqual(
            [new(Address, Cidr.Parse("10.99.0.0/16")), new(Address6, Cidr.Parse("10.99.0.0/16"))], compiler.RulesOf("a").RuleSet.GrantedSources);
        Assert.AreEqual([], compiler.RulesOf("b").RuleSet.GrantedSources);
    }

    [TestMethod]
    public void Changed_grant_changes_only_its_node()
    {
        var compiler = Compiled(Gateway);
        var delta = compiler.Apply(new() { Pods = [KeyValuePair.Create(Gateway.Id, (Pod?)(Gateway with { GrantedSources = [] }))] }).Single();
        Assert.AreEqual("a", delta.Node);
        Assert.AreEqual(2, delta.GrantedSources.Removed.Count);
        Assert.IsTrue((delta with { GrantedSources = default }).IsEmpty);
        Assert.AreEqual([], compiler.RulesOf("a").RuleSet.GrantedSources);
    }

    [TestMethod]
    public void Finished_and_hostNetwork_pods_have_none()
    {
        Assert.AreEqual([], Compiled(Gateway with { Finished = true }).RulesOf("a").RuleSet.GrantedSources);
        Assert.AreEqual([], Compiled(Gateway with { HostNetwork = true }).RulesOf("a").RuleSet.GrantedSources);
    }

    [TestMethod]
    public void Two_pods_with_one_address_share_their_sources_without_overlap()
    {
        var other = Gateway with { Id = new("vpn", "gw2"), Addresses = [Address], GrantedSources = [Cidr.Parse("10.99.7.0/24"), Cidr.Parse("10.98.0.0/16")] };
        Assert.AreEqual(
            [new(Address, Cidr.Parse("10.98.0.0/16")), new(Address, Cidr.Parse("10.99.0.0/16")), new(Address6, Cidr.Parse("10.99.0.0/16"))],
            Compiled(Gateway, other).RulesOf("a").RuleSet.GrantedSources);
    }

    private static IncrementalCompiler Compiled(params Pod[] pods)
    {
        var compiler = new IncrementalCompiler();
        _ = compiler.Apply(ClusterChanges.FromEmptyTo(new TestCluster().Node("a", "192.168.0.1").Node("b", "192.168.0.2").Snapshot));
        _ = compiler.Apply(new() { Pods = [.. pods.Select(p => KeyValuePair.Create(p.Id, (Pod?)p))] });
        return compiler;
    }
}
