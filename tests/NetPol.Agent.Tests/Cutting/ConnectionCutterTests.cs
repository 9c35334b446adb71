using System.Net.Sockets;
using NetPol.Model.Rules;

namespace NetPol.Agent.Tests.Cutting;

/// <summary>Policies come and go over established connections, on real packets.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class ConnectionCutterTests
{
    /// <summary>Direction, family, protocol, and whether the Service is dialled.</summary>
    public static IEnumerable<(string Hook, bool V6, string Protocol, bool Service)> Ways =>
        from hook in new[] { nameof(Hook.Ingress), nameof(Hook.Egress) }
        from v6 in new[] { false, true }
        from protocol in new[] { nameof(ProtocolType.Tcp), nameof(ProtocolType.Udp) }
        from service in new[] { false, true }
        select (hook, v6, protocol, service);

    [TestMethod]
    [DynamicData(nameof(Ways))]
    public async Task A_connection_that_a_policy_forbids_is_cut_and_comes_back_from_neither_end(string hook, bool v6, string protocol, bool service)
    {
        await using var lab = new CutLab();
        await lab.StartAsync();
        Func<string, string> address = v6 ? CutLab.V6 : a => a;
        var kind = Enum.Parse<ProtocolType>(protocol);
        using var forbidden = lab.Connect(address(CutLab.Client), address(CutLab.Server), kind, service ? address(CutLab.Service) : null);
        using var allowed = lab.Connect(address(CutLab.Other), address(CutLab.Client), kind);

        lab.Apply(string.Equals(hook, nameof(Hook.Ingress), StringComparison.Ordinal)
            ? CutRules.NotFrom(CutLab.Client, CutLab.Server)
            : CutRules.NotTo(CutLab.Server, CutLab.Client));
        await lab.CutAsync();
        Assert.IsTrue(forbidden.AnswersInVain(), "the far end begins it anew");
        Assert.IsGreaterThan(0UL, lab.Stopped(), "the rules themselves let the far end through, as a connection of its own");
        Assert.IsTrue(forbidden.AsksInVain(), "the near end goes on");
        Assert.IsTrue(forbidden.AnswersInVain(), "the far end begins it anew after the near end tried");
        Assert.IsTrue(allowed.Asks() && allowed.Answers(), "an allowed connection is cut");
        Assert.AreEqual(1, lab.State.Describe().Cut);

        lab.Apply(CutRules.None);
        using var anew = lab.Connect(address(CutLab.Client), address(CutLab.Server), kind, service ? address(CutLab.Service) : null);
        Assert.IsTrue(anew.Asks() && anew.Answers(), "a new connection is let through");
        Assert.IsTrue(forbidden.Asks() && forbidden.Answers(), "what is allowed goes on");
    }

    [TestMethod]
    public async Task Allowed_connections_live_on_while_policies_come_and_go()
    {
        await using var lab = new CutLab();
        await lab.StartAsync();
        using var tcp = lab.Connect(CutLab.Other, CutLab.Server, ProtocolType.Tcp);
        using var udp = lab.Connect(CutLab.V6(CutLab.Other), CutLab.V6(CutLab.Server), ProtocolType.Udp, CutLab.V6(CutLab.Service));
        NodeRuleSet[] states = [CutRules.NotFrom(CutLab.Client, CutLab.Server), CutRules.None, CutRules.NotTo(CutLab.Client, CutLab.Server), CutRules.NotTo(CutLab.Client, CutLab.Other)];
        for (var round = 0; round < 100; round++)
        {
            lab.Apply(states[round % states.Length]);
            Assert.IsTrue(tcp.Asks() && tcp.Answers() && udp.Asks() && udp.Answers(), $"round {round}");
        }
        Assert.AreEqual(0, lab.State.Describe().Cut);
    }

    [TestMethod]
    public async Task What_was_forbidden_before_the_first_rules_of_a_run_is_cut_by_them()
    {
        await using var lab = new CutLab();
        using var talk = lab.Connect(CutLab.Client, CutLab.Server, ProtocolType.Tcp);
        lab.Apply(CutRules.NotFrom(CutLab.Client, CutLab.Server));
        Assert.IsTrue(talk.Asks() && talk.Answers(), "nobody has looked yet");
        await lab.StartAsync();
        await lab.CutAsync();
        Assert.IsTrue(talk.AnswersInVain());
        Assert.IsTrue(talk.AsksInVain());
    }

    [TestMethod]
    public async Task A_pod_that_is_not_known_any_more_loses_its_connections()
    {
        await using var lab = new CutLab();
        lab.Apply(CutRules.Known(CutLab.Client, CutLab.Server, CutLab.Other));
        await lab.StartAsync();
        using var gone = lab.Connect(CutLab.Client, CutLab.Server, ProtocolType.Tcp);
        using var stays = lab.Connect(CutLab.Other, CutLab.Server, ProtocolType.Tcp);
        lab.Apply(CutRules.Known(CutLab.Server, CutLab.Other));
        await lab.CutAsync();
        Assert.IsTrue(gone.AnswersInVain());
        Assert.IsTrue(gone.AsksInVain());
        Assert.IsTrue(stays.Asks() && stays.Answers());
    }

    [TestMethod]
    public async Task The_node_itself_reaches_its_pods_whatever_the_rules_say()
    {
        await using var lab = new CutLab();
        await lab.StartAsync();
        using var ofNode = lab.Connect(CutLab.Node, CutLab.Server, ProtocolType.Tcp);
        using var ofPod = lab.Connect(CutLab.Client, CutLab.Server, ProtocolType.Tcp);
        lab.Apply(CutRules.NotFrom(CutLab.Node, CutLab.Server));
        lab.Apply(CutRules.NotFrom(CutLab.Client, CutLab.Server));
        await lab.CutAsync();
        Assert.IsTrue(ofNode.Asks() && ofNode.Answers());
        Assert.AreEqual(1, lab.State.Describe().Cut);
    }

    [TestMethod]
    public async Task What_a_pod_sends_to_its_own_node_is_judged_again_too()
    {
        await using var lab = new CutLab();
        await lab.StartAsync();
        using var talk = lab.Connect(CutLab.Client, CutLab.Node, ProtocolType.Tcp);
        lab.Apply(CutRules.NotToNode(CutLab.Client));
        await lab.CutAsync();
        Assert.IsTrue(talk.AsksInVain());
    }

    [TestMethod]
    public async Task A_connection_that_the_kernel_merely_forgot_goes_on_when_it_is_allowed()
    {
        await using var lab = new CutLab();
        lab.Apply(CutRules.NotFrom(CutLab.Client, CutLab.Server));
        await lab.StartAsync();
        using var talk = lab.Connect(CutLab.Other, CutLab.Server, ProtocolType.Tcp);
        lab.Forget();
        Assert.IsTrue(talk.Asks() && talk.Answers());
        lab.Forget();
        Assert.IsTrue(talk.Answers() && talk.Asks());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_connection_that_another_one_announced_goes_with_it_and_by_itself_when_that_is_gone(bool isMasterGone)
    {
        await using var lab = new CutLab();
        lab.ReadFtp();
        await lab.StartAsync();
        using var master = lab.Connect(CutLab.Client, CutLab.Server, ProtocolType.Tcp);
        master.FarSays("220 Ready");
        master.FarSays($"227 Entering Passive Mode ({CutLab.Server.Replace('.', ',')},{CutLab.AnnouncedPort / 256},{CutLab.AnnouncedPort % 256})");
        using var announced = lab.Connect(CutLab.Client, CutLab.Server, ProtocolType.Tcp, port: CutLab.AnnouncedPort);
        var entry = Assert.ContainsSingle(lab.Tracked().Where(e => e.Master is not null));
        if (isMasterGone)
            lab.Forget(lab.Tracked().Single(e => e.Original == entry.Master));
        lab.Apply(CutRules.NotFrom(CutLab.Client, CutLab.Server));
        await lab.CutAsync();
        Assert.AreEqual(isMasterGone ? 1 : 2, lab.State.Describe().Cut);
        Assert.IsTrue(announced.AnswersInVain());
        Assert.IsTrue(announced.AsksInVain());
    }

    [TestMethod]
    public async Task What_rules_let_in_that_came_into_force_during_the_look_is_not_forbidden()
    {
        await using var lab = new CutLab();
        using var talk = lab.Connect(CutLab.Client, CutLab.Server, ProtocolType.Tcp);
        var denied = CutRules.NotFrom(CutLab.Client, CutLab.Server);
        Assert.ContainsSingle(lab.Forbidden(() => denied));
        Queue<NodeRuleSet> inForce = new([denied, CutRules.None]);
        Assert.IsEmpty(lab.Forbidden(inForce.Dequeue));
    }

    [TestMethod]
    public async Task What_its_ends_have_closed_is_not_told_as_cut()
    {
        await using var lab = new CutLab();
        await lab.StartAsync();
        lab.Connect(CutLab.Client, CutLab.Server, ProtocolType.Tcp).Dispose();
        using var open = lab.Connect(CutLab.Client, CutLab.Server, ProtocolType.Tcp);
        Assert.HasCount(2, lab.Tracked().Where(e => e.Original.Protocol == (byte)ProtocolType.Tcp));
        lab.Apply(CutRules.NotFrom(CutLab.Client, CutLab.Server));
        await lab.CutAsync();
        Assert.AreEqual(1, lab.State.Describe().Cut);
    }
}
