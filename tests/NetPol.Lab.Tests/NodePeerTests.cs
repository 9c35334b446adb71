using NetPol.Compiler;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Clusters;

namespace NetPol.Lab.Tests;

/// <summary>
/// A pod that may not reach nodes tries the nodes' other addresses, with real packets. Its own node has three that no agent reports, as on a gateway,
/// <c>docker0</c> and <c>cni0</c>. The other node has one that its agent reports.
/// </summary>
[TestClass]
public sealed class NodePeerTests
{
    private static readonly string[] Status = ["192.168.0.11", "192.168.0.12", "fd01::11", "fd01::12"];
    private static readonly string[] OfOwnNode = ["169.254.1.7", "172.17.0.1", "10.244.1.1", "fd00:244:1::1"];
    private static readonly string[] Reported = ["10.244.2.1", "fd00:244:2::1"];

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public void A_deny_of_nodes_covers_their_other_addresses()
    {
        using var lab = PolicyLab.Create(TwoNodes(everyAddress: true).Snapshot, []);
        Load(lab);
        AssertWays(lab, [.. Status, .. OfOwnNode, .. Reported], isOpen: true);
        Load(lab, Make.Deny(Make.Nodes()));
        AssertWays(lab, [.. Status, .. OfOwnNode, .. Reported], isOpen: false);
    }

    [TestMethod]
    public void An_accept_of_nodes_opens_their_status_alone()
    {
        using var lab = PolicyLab.Create(TwoNodes(everyAddress: true).Snapshot, []);
        Load(lab, Make.Allow(Make.Nodes()), Make.Deny(Make.Network("0.0.0.0/0")), Make.Deny(Make.Network("::/0")));
        AssertWays(lab, Status, isOpen: true);
        AssertWays(lab, [.. OfOwnNode, .. Reported], isOpen: false);
    }

    /// <param name="everyAddress">Whether the cluster also lists the addresses of the first node that no agent reports.</param>
    private static TestCluster TwoNodes(bool everyAddress) => new TestCluster()
        .Node("n1", "192.168.0.11,fd01::11", reported: everyAddress ? string.Join(',', OfOwnNode) : "")
        .Node("n2", "192.168.0.12,fd01::12", reported: string.Join(',', Reported))
        .Pod("a/pod", "10.0.1.5,fd00:1::5", node: "n1");

    private static void Load(PolicyLab lab, params Rule[] rules) => lab.Load(PolicyCompiler.Compile(
        TwoNodes(everyAddress: false).WithPolicies(Make.Admin("nodes", 1, Make.InNamespaces(), egress: rules)).Snapshot));

    private void AssertWays(PolicyLab lab, IEnumerable<string> addresses, bool isOpen)
    {
        var connections = addresses.Select(Make.Address)
            .Select(to => new Connection(Make.Address(to.Family == NetPol.Model.Net.IpFamily.V4 ? "10.0.1.5" : "fd00:1::5"), to, NetPol.Model.Net.Protocol.Tcp, 10250));
        foreach (var observation in lab.Probe(connections.Select(c => (c, (bool?)isOpen)), TestContext.CancellationToken))
            Assert.AreEqual(isOpen, observation.Allowed, $"{observation.Probe.To}: {observation}");
    }
}
