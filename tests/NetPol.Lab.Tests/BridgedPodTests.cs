using NetPol.Compiler;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Lab.Tests;

/// <summary>Pods of a node on one bridge, as the CNI plugin <c>bridge</c> connects them.</summary>
[TestClass]
public sealed class BridgedPodTests
{
    private const string Settings = "/proc/sys/net/bridge";

    public required TestContext TestContext { get; init; }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Traffic_over_the_bridge_is_evaluated_where_br_netfilter_is_on(bool v6)
    {
        var cluster = new ServiceCluster(v6);
        using var lab = PolicyLab.Create(cluster.Snapshot(), cluster.Others);
        if (!lab.Node("n1").Run(() => Directory.Exists(Settings)))
            Assert.Inconclusive("this kernel has no br_netfilter");
        Bridge(lab, cluster);
        foreach (var node in (string[])["n1", "n2"])
            LabFactory.Nft(lab.Node(node), cluster.Proxy.Rules);
        lab.Load(PolicyCompiler.Compile(cluster.Snapshot()));
        LimitPorts(lab, cluster);

        ServiceCluster.AssertWays(
            lab, TestContext.CancellationToken,
            ("a friend on the bridge", cluster.Friend, cluster.Server, 8080, true),
            ("a denied pod on the bridge", cluster.DeniedPod, cluster.Server, 8080, false),
            ("a friend on the other node", cluster.FarFriend, cluster.Server, 8080, true),
            ("its own node", cluster.Node, cluster.Server, 8080, true),
            ("a friend on the bridge, by the Service", cluster.Friend, cluster.Service, 80, true),
            ("a denied pod on the bridge, by the Service", cluster.DeniedPod, cluster.Service, 80, false),
            ("the server itself, by the Service", cluster.Server, cluster.Service, 80, true));

        // Without br_netfilter, netfilter does not see bridged packets, so no rule applies to them.
        SetNetfilter(lab, on: false);
        ServiceCluster.AssertWays(lab, TestContext.CancellationToken, ("a denied pod, unseen", cluster.DeniedPod, cluster.Server, 8080, true));
    }

    /// <summary>Moves the links of the first node's pods from routing to a bridge, which becomes the pods' gateway.</summary>
    private static void Bridge(PolicyLab lab, ServiceCluster cluster)
    {
        var gateway = cluster.PodCidr.Network with { Value = cluster.PodCidr.Network.Value + 254 };
        var pods = cluster.Snapshot().Pods.Where(p => string.Equals(p.Node, "n1", StringComparison.Ordinal));
        List<string> onNode = ["link add cni0 type bridge", "link set cni0 up", $"addr add {gateway}/{cluster.PodCidr.PrefixLength} dev cni0"];
        foreach (var (pod, at) in pods.Select((pod, at) => (pod, at)))
        {
            // All links of the lab use the same two hardware addresses: without ARP, two ends need no others. A bridge does.
            lab.IpInPod(pod.Id.ToString(), [
                $"link set eth0 address 02:00:00:00:03:{at:x2}",
                $"route replace {cluster.PodCidr} dev eth0",
                $"route replace default via {gateway} dev eth0"]);
            var link = lab.LinkOf(pod.Id.ToString());
            onNode.AddRange([
                $"route del {pod.Addresses[0]} dev {link}",
                $"link set {link} address 02:00:00:00:02:{at:x2}",
                $"link set {link} master cni0",
                $"link set {link} type bridge_slave hairpin on"]);
        }
        lab.Node("n1").Run(() => LabFactory.Ip(onNode));
        SetNetfilter(lab, on: true);
    }

    /// <summary>Lets each pod send only from its own addresses, as the agent does.</summary>
    private static void LimitPorts(PolicyLab lab, ServiceCluster cluster) => lab.Node("n1").Run(() =>
    {
        using var bridges = KernelNftables.Open(TableFamily.Bridge);
        var pods = cluster.Snapshot().Pods.Where(p => string.Equals(p.Node, "n1", StringComparison.Ordinal));
        bridges.Commit(TableDiff.Between(null, BridgeTable.Render([.. pods.Select(p => new BridgedPort(lab.LinkOf(p.Id.ToString()), p.Addresses, HasIngressPolicies: true))], [])));
    });

    private static void SetNetfilter(PolicyLab lab, bool on) => lab.Node("n1").Run(() =>
    {
        foreach (var setting in (string[])["bridge-nf-call-iptables", "bridge-nf-call-ip6tables"])
            File.WriteAllText($"{Settings}/{setting}", on ? "1" : "0");
    });
}
