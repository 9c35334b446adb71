using System.Net;
using NetPol.Agent.Bridges;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Netlink.Routing;

namespace NetPol.Agent.Tests.Bridges;

/// <summary>Which port may send from which address.</summary>
[TestClass, TestCategory("Unit")]
public sealed class PortAddressAssignerTests
{
    private static readonly Bridge Pods = new(1, "cni0", [IPAddress.Parse("10.9.0.254")]);
    private static readonly Bridge Docker = new(2, "docker0", [IPAddress.Parse("172.17.0.1")]);

    [TestMethod]
    public void A_port_has_the_addresses_of_its_pod_that_the_controller_knows()
    {
        var assigned = Assign(Rules("10.9.0.1", "fd09::1"), Veth(10, "a", 1, "10.9.0.1", "10.9.0.7", "fd09::1", "fe80::a"));
        Assert.AreEqual("a: 10.9.0.1, fd09::1, fe80::a", Text(assigned));
    }

    [TestMethod]
    public void A_port_has_the_grants_of_its_pod_and_an_unknown_one_has_none()
    {
        var granted = new[] { ("10.9.0.1", "10.99.0.0/16"), ("10.9.0.2", "10.98.0.0/16"), ("fd09::1", "10.99.1.0/24"), ("fd09::1", "fd99::/64") };
        var rules = Rules("10.9.0.1", "fd09::1") with { GrantedSources = [.. granted.Select(g => new GrantedSource(IpAddress.Parse(g.Item1), Cidr.Parse(g.Item2))).Order()] };
        var assigned = new PortAddressAssigner([]).Assign(new([Pods], [Veth(10, "a", 1, "10.9.0.1", "fd09::1"), Veth(11, "b", 1, "10.9.0.2")]), rules);
        Assert.AreEqual("a: 10.99.0.0/16 fd99::/64; b: ", string.Join("; ", assigned.Pods.Select(p => $"{p.Name}: {string.Join(' ', p.Granted)}")));
    }

    [TestMethod]
    public void A_new_port_of_the_pods_bridge_has_no_address_but_a_link_local_one() =>
        Assert.AreEqual("a: fe80::a", Text(Assign(Rules(), Veth(10, "a", 1, "10.9.0.1", "fe80::a"))));

    [TestMethod]
    public void Ports_of_other_bridges_veths_within_the_node_and_exempted_names_are_not_limited()
    {
        var assigned = new PortAddressAssigner(["up0", "vm*"]).Assign(
            new([Pods, Docker], [Veth(10, "a", 1, "10.9.0.1"), Veth(11, "d", 2, "172.17.0.2"), Veth(12, "up0", 1), Veth(13, "vm7", 1), Veth(14, "patch", 1) with { IsElsewhere = false }]),
            Rules("10.9.0.1"));
        Assert.AreEqual("a: 10.9.0.1", Text(assigned));
        Assert.AreEqual("d, patch, up0, vm7", string.Join(", ", assigned.Trusted));
    }

    [TestMethod]
    public void A_bridge_is_the_pods_when_a_ready_pod_is_a_port_of_it() =>
        Assert.AreEqual("a: 10.9.0.1; b: ", Text(Assign(Rules("10.9.0.1"), [Pods with { Addresses = [] }], Veth(10, "a", 1, "10.9.0.1"), Veth(11, "b", 1))));

    /// <summary>Where no pod network is known, no list has all pods of the node.</summary>
    [TestMethod]
    public void Outside_the_pod_cidrs_what_the_pod_has_is_its_own()
    {
        var rules = NodeRuleSet.CreateEmpty("n1") with { PodIngress = new() { Defaults = new[] { new SubjectPortPolicy(IpAddress.Parse("10.9.0.1"), new(1)) }.ToValueArray() } };
        Assert.AreEqual("a: 10.9.0.1; b: 10.9.0.2", Text(Assign(rules, [Pods with { Addresses = [] }], Veth(10, "a", 1, "10.9.0.1"), Veth(11, "b", 1, "10.9.0.2"))));
    }

    [TestMethod]
    public void An_address_stays_with_its_port_and_moves_to_another_after_that_is_deleted()
    {
        var addresses = new PortAddressAssigner([]);
        var (a, b, rules) = (Veth(10, "a", 1, "10.9.0.1"), Veth(9, "b", 1, "10.9.0.1"), Rules("10.9.0.1"));
        Assert.AreEqual("a: 10.9.0.1", Text(addresses.Assign(new([Pods], [a]), rules)));
        var both = addresses.Assign(new([Pods], [b, a]), rules);
        Assert.AreEqual("a: 10.9.0.1; b: ", Text(both));
        Assert.IsEmpty(both.Contested);
        Assert.AreEqual("b: 10.9.0.1", Text(addresses.Assign(new([Pods], [b]), rules)));
    }

    [TestMethod]
    public void An_address_that_two_new_ports_claim_belongs_to_neither_until_one_is_deleted()
    {
        var addresses = new PortAddressAssigner([]);
        var (a, b, rules) = (Veth(10, "a", 1, "10.9.0.1", "fe80::1"), Veth(11, "b", 1, "10.9.0.1", "fe80::1"), Rules("10.9.0.1"));
        var both = addresses.Assign(new([Pods], [a, b]), rules);
        Assert.AreEqual("a: ; b: ", Text(both));
        Assert.AreEqual("10.9.0.1", string.Join(", ", both.Contested));
        Assert.AreEqual("b: 10.9.0.1, fe80::1", Text(addresses.Assign(new([Pods], [b]), rules)));
    }

    [TestMethod]
    public void A_port_is_evaluated_when_ingress_rules_select_its_pod_and_while_its_pod_is_unknown()
    {
        var rules = Rules("10.9.0.1", "10.9.0.2") with { PodIngress = new() { Defaults = new[] { new SubjectPortPolicy(IpAddress.Parse("10.9.0.1"), new(1)) }.ToValueArray() } };
        var assigned = Assign(rules, Veth(10, "a", 1, "10.9.0.1"), Veth(11, "b", 1, "10.9.0.2"), Veth(12, "c", 1, "10.9.0.3", "fe80::c"));
        Assert.AreEqual("a, c", string.Join(", ", assigned.Pods.Where(p => p.HasIngressPolicies).Select(p => p.Name)));
    }

    private static NodeRuleSet Rules(params string[] known) => NodeRuleSet.CreateEmpty("n1") with
    {
        PodCidrs = new[] { Cidr.Parse("10.9.0.0/24"), Cidr.Parse("fd09::/64") }.ToValueArray(),
        ReadyPods = known.Select(IpAddress.Parse).Order().ToValueArray(),
    };

    private static VethPort Veth(int index, string name, int bridge, params string[] addresses) => new(index, name, bridge, IsElsewhere: true, [.. addresses.Select(IPAddress.Parse)]);

    private static PortAssignment Assign(NodeRuleSet rules, params VethPort[] ports) => Assign(rules, [Pods], ports);

    private static PortAssignment Assign(NodeRuleSet rules, Bridge[] bridges, params VethPort[] ports) => new PortAddressAssigner([]).Assign(new(bridges, ports), rules);

    private static string Text(PortAssignment assigned) => string.Join("; ", assigned.Pods.Select(p => $"{p.Name}: {string.Join(", ", p.Addresses)}"));
}
