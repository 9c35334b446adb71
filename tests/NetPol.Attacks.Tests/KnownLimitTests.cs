using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Attacks.Tests;

/// <summary>
/// Attacks that succeed in this version: expected failures, by their numbers in docs/security/threat-model.md. A change that closes one makes its test fail: turn the test around then.
/// H1, a boot without a controller, needs an agent and is in KnownAgentLimitTests of NetPol.Monitoring.Tests. H5, packets that do not cross a hook, is in BridgedPodTests of NetPol.Lab.Tests.
/// </summary>
[TestClass]
public sealed class KnownLimitTests
{
    private static readonly Policy Closed = NetworkPolicy("shop/closed", ingress: [], egress: []);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void H4_expected_failure_new_pod_is_open_without_podCIDRs(bool v6)
    {
        using (var unready = new AttackLab(v6, [Closed], reported: c => Without(c, podCidrs: true)))
            Assert.IsFalse(SendsOutside(unready), "with podCIDRs");
        using var open = new AttackLab(v6, [Closed], reported: c => Without(c, podCidrs: false));
        Assert.IsTrue(SendsOutside(open), "without podCIDRs: if this is closed now, turn the test around");
    }

    /// <summary>A translator turns the IPv6 address into an IPv4 one (RFC 6052), so a Deny of IPv4 networks needs the IPv6 ones beside it.</summary>
    [TestMethod]
    public void NAT64_expected_failure_IPv4_Deny_misses_NAT64_addresses()
    {
        var synthesized = System.Net.IPAddress.Parse("64:ff9b::203.0.113.7");
        using (var both = Lab("203.0.113.0/24", "64:ff9b::203.0.113.0/120"))
            Assert.IsFalse(Sends(both), "with the IPv6 network of the translator");
        using var one = Lab("203.0.113.0/24");
        Assert.IsTrue(Sends(one), "with the IPv4 network alone: if this is closed now, turn the test around");

        AttackLab Lab(params string[] denied)
        {
            var lab = new AttackLab(v6: true, [Admin("no-outside", 1, InNamespaces(), egress: [.. denied.Select(d => Deny(Network(d)))])]);
            // Pod b stands for the translator, to which the node routes these addresses.
            lab.AddAddress("b", synthesized, 128, "eth0");
            lab.Ip("n1", $"route add {synthesized}/128 via fe80::2 dev {lab.LinkOf("b")} onlink");
            return lab;
        }

        bool Sends(AttackLab lab) => lab.Arrives("b", Packet.Udp, () => lab.Send("c", Packet.Ip(lab.C, synthesized, Packet.Udp, Packet.UdpDatagram(4000, 99, "ATTACK"))));
    }

    private static bool SendsOutside(AttackLab lab) =>
        lab.Arrives("ext", Packet.Udp, () => lab.Send("a", Packet.Ip(lab.A, lab.Outside, Packet.Udp, Packet.UdpDatagram(4000, 99, "ATTACK"))));

    /// <summary>The cluster before the API server reports the addresses of a. c, which sends the last packet, is no subject.</summary>
    private static ClusterSnapshot Without(ClusterSnapshot cluster, bool podCidrs) => ClusterSnapshot.Create(
        cluster.Namespaces,
        cluster.Pods.Where(p => p.Id.Name != "a").Select(p => p.Id.Name == "c" ? p with { Id = new("elsewhere", "c") } : p),
        cluster.Nodes.Select(n => podCidrs ? n : n with { PodCidrs = [] }),
        cluster.Policies);
}
