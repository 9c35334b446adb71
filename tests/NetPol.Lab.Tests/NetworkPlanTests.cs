using System.Net;
using NetPol.Lab.Probes;

namespace NetPol.Lab.Tests;

/// <summary>Topologies that the lab refuses before it makes anything. These tests need no root.</summary>
[TestClass]
public sealed class NetworkPlanTests
{
    private static readonly LabNodeSpec Node = new("one", LabFactory.Addresses("192.168.7.1"));
    private static readonly LabPodSpec Pod = new("shop/web", "one", LabFactory.Addresses("10.1.0.5"), []);

    [TestMethod]
    public void A_topology_that_contradicts_itself_is_refused_with_the_reason()
    {
        AssertRefused("node one is defined twice", new([Node, Node with { Addresses = [] }], [], []));
        AssertRefused("pod shop/web is defined twice", new([Node], [Pod, Pod with { Addresses = [] }], []));
        AssertRefused("there is no node two", new([Node], [Pod with { Node = "two" }], []));
        AssertRefused("shop/web already has the address 10.1.0.5", new([Node], [Pod, Pod with { Id = "shop/api" }], []));
        AssertRefused("one already has the address 192.168.7.1", new([Node], [], LabFactory.Addresses("192.168.7.1")));
    }

    [TestMethod]
    [DataRow("127.0.0.1")]
    [DataRow("0.0.0.0")]
    [DataRow("224.0.0.1")]
    [DataRow("255.255.255.255")]
    [DataRow("::1")]
    [DataRow("::")]
    [DataRow("ff02::1")]
    [DataRow("fe80::7")]
    [DataRow("::ffff:10.0.0.1")]
    public void An_address_that_no_host_can_have_is_refused(string address) =>
        AssertRefused("no host can have the address", new([Node], [], [IPAddress.Parse(address)]));

    [TestMethod]
    [DataRow("")]
    [DataRow("Shop")]
    [DataRow("a.b")]
    [DataRow("a/b")]
    public void An_ambiguous_name_is_rejected(string name) =>
        Assert.ThrowsExactly<LabException>(() => LabNetwork.Create(new([Node], [], []), name));

    [TestMethod]
    public void An_observation_agrees_only_with_what_it_proves()
    {
        var probe = LabFactory.Tcp("10.0.0.1", "10.0.0.2");
        Assert.IsTrue(Agrees(ProbeOutcome.Answered, true) && Agrees(ProbeOutcome.Refused, true) && Agrees(ProbeOutcome.NoAnswer, false));
        Assert.IsFalse(Agrees(ProbeOutcome.Answered, false) || Agrees(ProbeOutcome.Refused, false) || Agrees(ProbeOutcome.NoAnswer, true));
        foreach (var unclear in (ProbeOutcome[])[ProbeOutcome.Misdirected, ProbeOutcome.Unreachable, ProbeOutcome.Failed])
            Assert.IsFalse(Agrees(unclear, true) || Agrees(unclear, false) || Agrees(unclear, null));

        bool Agrees(ProbeOutcome outcome, bool? expected) => new Observation(probe with { ExpectAllow = expected }, outcome).Agrees;
    }

    private static void AssertRefused(string reason, LabTopology topology) =>
        Assert.Contains(reason, Assert.ThrowsExactly<LabException>(() => LabNetwork.Create(topology, LabFactory.NewName())).Message, StringComparison.Ordinal);
}
