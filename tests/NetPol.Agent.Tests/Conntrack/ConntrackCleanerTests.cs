using System.Net.Sockets;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.Tests.Conntrack;

/// <summary>Policies come and go over established connections, on real packets.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class ConntrackCleanerTests
{
    /// <summary>Direction, family, protocol, and whether the Service is dialled.</summary>
    public static IEnumerable<(string Point, bool V6, string Protocol, bool Service)> Ways =>
        from point in new[] { nameof(EnforcementPoint.PodIngress), nameof(EnforcementPoint.PodEgress) }
        from v6 in new[] { false, true }
        from protocol in new[] { nameof(ProtocolType.Tcp), nameof(ProtocolType.Udp) }
        from service in new[] { false, true }
        select (point, v6, protocol, service);

    [TestMethod]
    [DynamicData(nameof(Ways))]
    public async Task A_connection_that_a_policy_forbids_is_removed_and_comes_back_from_neither_end(string point, bool v6, string protocol, bool service)
    {
        await using var lab = new ConntrackLab();
        await lab.StartAsync();
        Func<string, string> address = v6 ? ConntrackLab.V6 : a => a;
        var kind = Enum.Parse<ProtocolType>(protocol);
        using var stale = lab.Connect(address(ConntrackLab.Client), address(ConntrackLab.Server), kind, service ? address(ConntrackLab.Service) : null);
        using var allowed = lab.Connect(address(ConntrackLab.Other), address(ConntrackLab.Client), kind);

        lab.Apply(string.Equals(point, nameof(EnforcementPoint.PodIngress), StringComparison.Ordinal)
            ? ConntrackRuleSets.NotFrom(ConntrackLab.Client, ConntrackLab.Server)
            : ConntrackRuleSets.NotTo(ConntrackLab.Server, ConntrackLab.Client));
        await lab.WaitForRemovalAsync();
        Assert.IsTrue(stale.AnswersInVain(), "the far end begins it anew");
        Assert.IsGreaterThan(0UL, lab.Stopped(), "the rules themselves let the far end through, as a connection of its own");
        Assert.IsTrue(stale.AsksInVain(), "the near end goes on");
        Assert.IsTrue(stale.AnswersInVain(), "the far end begins it anew after the near end tried");
        Assert.IsTrue(allowed.Asks() && allowed.Answers(), "an allowed connection was removed");
        Assert.AreEqual(1, lab.State.CreateReport().StaleConnectionsRemoved);

        lab.Apply(ConntrackRuleSets.None);
        using var anew = lab.Connect(address(ConntrackLab.Client), address(ConntrackLab.Server), kind, service ? address(ConntrackLab.Service) : null);
        Assert.IsTrue(anew.Asks() && anew.Answers(), "a new connection is let through");
        Assert.IsTrue(stale.Asks() && stale.Answers(), "what is allowed goes on");
    }

    [TestMethod]
    public async Task Allowed_connections_live_on_while_policies_come_and_go()
    {
        await using var lab = new ConntrackLab();
        await lab.StartAsync();
        using var tcp = lab.Connect(ConntrackLab.Other, ConntrackLab.Server, ProtocolType.Tcp);
        using var udp = lab.Connect(ConntrackLab.V6(ConntrackLab.Other), ConntrackLab.V6(ConntrackLab.Server), ProtocolType.Udp, ConntrackLab.V6(ConntrackLab.Service));
        NodeRuleSet[] states = [ConntrackRuleSets.NotFrom(ConntrackLab.Client, ConntrackLab.Server), ConntrackRuleSets.None, ConntrackRuleSets.NotTo(ConntrackLab.Client, ConntrackLab.Server), ConntrackRuleSets.NotTo(ConntrackLab.Client, ConntrackLab.Other)];
        for (var round = 0; round < 100; round++)
        {
            lab.Apply(states[round % states.Length]);
            Assert.IsTrue(tcp.Asks() && tcp.Answers() && udp.Asks() && udp.Answers(), $"round {round}");
        }
        Assert.AreEqual(0, lab.State.CreateReport().StaleConnectionsRemoved);
    }

    [TestMethod]
    public async Task The_first_rules_of_a_run_remove_connections_that_were_stale_before()
    {
        await using var lab = new ConntrackLab();
        using var talk = lab.Connect(ConntrackLab.Client, ConntrackLab.Server, ProtocolType.Tcp);
        lab.Apply(ConntrackRuleSets.NotFrom(ConntrackLab.Client, ConntrackLab.Server));
        Assert.IsTrue(talk.Asks() && talk.Answers(), "the cleaner has not run yet");
        await lab.StartAsync();
        await lab.WaitForRemovalAsync();
        Assert.IsTrue(talk.AnswersInVain());
        Assert.IsTrue(talk.AsksInVain());
    }

    [TestMethod]
    public async Task A_pod_that_is_not_known_any_more_loses_its_connections()
    {
        await using var lab = new ConntrackLab();
        lab.Apply(ConntrackRuleSets.Ready(ConntrackLab.Client, ConntrackLab.Server, ConntrackLab.Other));
        await lab.StartAsync();
        using var stale = lab.Connect(ConntrackLab.Client, ConntrackLab.Server, ProtocolType.Tcp);
        using var stays = lab.Connect(ConntrackLab.Other, ConntrackLab.Server, ProtocolType.Tcp);
        lab.Apply(ConntrackRuleSets.Ready(ConntrackLab.Server, ConntrackLab.Other));
        await lab.WaitForRemovalAsync();
        Assert.IsTrue(stale.AnswersInVain());
        Assert.IsTrue(stale.AsksInVain());
        Assert.IsTrue(stays.Asks() && stays.Answers());
    }

    [TestMethod]
    public async Task The_node_itself_reaches_its_pods_whatever_the_rules_say()
    {
        await using var lab = new ConntrackLab();
        await lab.StartAsync();
        using var ofNode = lab.Connect(ConntrackLab.Node, ConntrackLab.Server, ProtocolType.Tcp);
        using var ofPod = lab.Connect(ConntrackLab.Client, ConntrackLab.Server, ProtocolType.Tcp);
        lab.Apply(ConntrackRuleSets.NotFrom(ConntrackLab.Node, ConntrackLab.Server));
        lab.Apply(ConntrackRuleSets.NotFrom(ConntrackLab.Client, ConntrackLab.Server));
        await lab.WaitForRemovalAsync();
        Assert.IsTrue(ofNode.Asks() && ofNode.Answers());
        Assert.AreEqual(1, lab.State.CreateReport().StaleConnectionsRemoved);
    }

    [TestMethod]
    public async Task What_a_pod_sends_to_its_own_node_is_evaluated_again_too()
    {
        await using var lab = new ConntrackLab();
        await lab.StartAsync();
        using var talk = lab.Connect(ConntrackLab.Client, ConntrackLab.Node, ProtocolType.Tcp);
        lab.Apply(ConntrackRuleSets.NotToNode(ConntrackLab.Client));
        await lab.WaitForRemovalAsync();
        Assert.IsTrue(talk.AsksInVain());
    }

    [TestMethod]
    public async Task A_connection_that_the_kernel_merely_forgot_goes_on_when_it_is_allowed()
    {
        await using var lab = new ConntrackLab();
        lab.Apply(ConntrackRuleSets.NotFrom(ConntrackLab.Client, ConntrackLab.Server));
        await lab.StartAsync();
        using var talk = lab.Connect(ConntrackLab.Other, ConntrackLab.Server, ProtocolType.Tcp);
        lab.Forget();
        Assert.IsTrue(talk.Asks() && talk.Answers());
        lab.Forget();
        Assert.IsTrue(talk.Answers() && talk.Asks());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_related_connection_is_removed_with_its_master_and_by_itself_after_that_was_deleted(bool isMasterDeleted)
    {
        await using var lab = new ConntrackLab();
        lab.ReadFtp();
        await lab.StartAsync();
        using var master = lab.Connect(ConntrackLab.Client, ConntrackLab.Server, ProtocolType.Tcp);
        master.FarSays("220 Ready");
        master.FarSays($"227 Entering Passive Mode ({ConntrackLab.Server.Replace('.', ',')},{ConntrackLab.AnnouncedPort / 256},{ConntrackLab.AnnouncedPort % 256})");
        using var announced = lab.Connect(ConntrackLab.Client, ConntrackLab.Server, ProtocolType.Tcp, port: ConntrackLab.AnnouncedPort);
        var entry = Assert.ContainsSingle(lab.Tracked().Where(e => e.Master is not null));
        if (isMasterDeleted)
            lab.Forget(lab.Tracked().Single(e => e.Original == entry.Master));
        lab.Apply(ConntrackRuleSets.NotFrom(ConntrackLab.Client, ConntrackLab.Server));
        await lab.WaitForRemovalAsync();
        Assert.AreEqual(isMasterDeleted ? 1 : 2, lab.State.CreateReport().StaleConnectionsRemoved);
        Assert.IsTrue(announced.AnswersInVain());
        Assert.IsTrue(announced.AsksInVain());
    }

    [TestMethod]
    public async Task A_connection_allowed_by_rules_programmed_during_the_dump_is_not_stale()
    {
        await using var lab = new ConntrackLab();
        using var talk = lab.Connect(ConntrackLab.Client, ConntrackLab.Server, ProtocolType.Tcp);
        var denied = ConntrackRuleSets.NotFrom(ConntrackLab.Client, ConntrackLab.Server);
        Assert.ContainsSingle(lab.Stale(() => denied));
        Queue<NodeRuleSet> programmed = new([denied, ConntrackRuleSets.None]);
        Assert.IsEmpty(lab.Stale(programmed.Dequeue));
    }

    [TestMethod]
    public async Task A_connection_that_its_ends_closed_is_not_counted_as_removed()
    {
        await using var lab = new ConntrackLab();
        await lab.StartAsync();
        lab.Connect(ConntrackLab.Client, ConntrackLab.Server, ProtocolType.Tcp).Dispose();
        using var open = lab.Connect(ConntrackLab.Client, ConntrackLab.Server, ProtocolType.Tcp);
        Assert.HasCount(2, lab.Tracked().Where(e => e.Original.Protocol == (byte)ProtocolType.Tcp));
        lab.Apply(ConntrackRuleSets.NotFrom(ConntrackLab.Client, ConntrackLab.Server));
        await lab.WaitForRemovalAsync();
        Assert.AreEqual(1, lab.State.CreateReport().StaleConnectionsRemoved);
    }
}
