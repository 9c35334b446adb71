using System.Net.Sockets;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Agent.Tests.Conntrack;

/// <summary>A rule with many networks gets and loses networks while connections are established, on real packets: only forbidden connections are removed.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class ManyCidrsTests
{
    private const int Count = 400;

    [TestMethod]
    [DataRow(nameof(ProtocolType.Tcp), false)]
    [DataRow(nameof(ProtocolType.Udp), true)]
    public async Task Removing_a_network_removes_only_the_connections_from_it(string protocol, bool v6)
    {
        await using var lab = new ConntrackLab();
        await lab.StartAsync();
        Func<string, string> address = v6 ? ConntrackLab.V6 : a => a;
        var kind = Enum.Parse<ProtocolType>(protocol);
        var rules = Rules([ConntrackLab.Client, ConntrackLab.Other]);
        lab.Apply(rules);
        using var client = lab.Connect(address(ConntrackLab.Client), address(ConntrackLab.Server), kind);
        using var other = lab.Connect(address(ConntrackLab.Other), address(ConntrackLab.Server), kind);

        var without = Rules([ConntrackLab.Other]);
        Assert.AreEqual(2, Moved(rules, without));
        lab.Apply(without);
        await lab.WaitForRemovalAsync();
        Assert.IsTrue(client.AsksInVain(), "the forbidden connection goes on");
        Assert.IsTrue(other.Asks() && other.Answers(), "an allowed connection was removed");
        Assert.AreEqual(1, lab.State.CreateReport().StaleConnectionsRemoved);
    }

    [TestMethod]
    public async Task Connections_continue_while_their_networks_move_to_another_identity()
    {
        // The network that represents the class goes, so every other one moves.
        var rules = Rules([ConntrackLab.Client, ConntrackLab.Other]);
        var without = Enumerable.Range(0, Count).Select(left => Rules([ConntrackLab.Client, ConntrackLab.Other], left)).First(r => Moved(rules, r) > Count);
        await using var lab = new ConntrackLab();
        await lab.StartAsync();
        lab.Apply(rules);
        using var tcp = lab.Connect(ConntrackLab.Client, ConntrackLab.Server, ProtocolType.Tcp);
        using var udp = lab.Connect(ConntrackLab.V6(ConntrackLab.Other), ConntrackLab.V6(ConntrackLab.Server), ProtocolType.Udp);
        foreach (var state in (NodeRuleSet[])[without, rules, without])
        {
            lab.Apply(state);
            Assert.IsTrue(tcp.Asks() && tcp.Answers() && udp.Asks() && udp.Answers());
        }
        Assert.AreEqual(0, lab.State.CreateReport().StaleConnectionsRemoved);
    }

    private static int Moved(NodeRuleSet before, NodeRuleSet after)
    {
        var (removed, added) = NodeRuleSetDelta.Between(before, after).PodIngress.Networks;
        return removed.Count + added.Count;
    }

    /// <summary>The server takes connections from 400 networks, but one of them that is left out, and from the peers.</summary>
    private static NodeRuleSet Rules(string[] peers, int? left = null)
    {
        var networks = Enumerable.Range(0, Count).Where(i => i != left).Select(i => NetPol.Testing.Clusters.Make.Network(i % 2 == 0 ? $"198.{18 + (i / 512)}.{i / 2 % 256}.0/25" : $"2001:db8:{i:x}::/48"));
        var all = networks.Concat(peers.SelectMany(p => new[] { NetPol.Testing.Clusters.Make.Network($"{p}/32"), NetPol.Testing.Clusters.Make.Network($"{ConntrackLab.V6(p)}/128") }));
        var server = new Pod(new("shop", "server"), Labels("app=server"), "one", [Address(ConntrackLab.Server), Address(ConntrackLab.V6(ConntrackLab.Server))], []);
        return PolicyCompiler.CompileNode(ClusterSnapshot.Create([new("shop", Labels(""))], [server], [], [NetworkPolicy("shop/list", ingress: [Rule(RuleAction.Allow, [.. all], [])])]), "one");
    }
}
