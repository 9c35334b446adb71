using System.Net;
using System.Net.Sockets;
using NetPol.Agent.Conntrack;
using NetPol.Testing.Infrastructure;

namespace NetPol.Agent.Tests.Conntrack;

/// <summary>The kernel's original direction of a connection need not be that in which it began.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class ReversedConnectionTests
{
    private const ushort ForgedPort = 5_000;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_stale_connection_from_before_tracking_is_removed_although_its_far_end_sends_first(bool v6)
    {
        Func<string, string> address = v6 ? ConntrackLab.V6 : a => a;
        // Each pass takes time, so there is a pause after it.
        var time = new PausedTimeProvider(ConntrackCleaner.MidstreamInterval) { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) };
        await using var lab = new ConntrackLab(isTracking: false, hasRules: false, time);
        using var stale = lab.Connect(address(ConntrackLab.Client), address(ConntrackLab.Server), ProtocolType.Tcp);
        using var allowed = lab.Connect(address(ConntrackLab.Other), address(ConntrackLab.Server), ProtocolType.Tcp);
        lab.Apply(ConntrackRuleSets.NotFrom(ConntrackLab.Client, ConntrackLab.Server));
        await lab.StartAsync();
        await time.LimitAsync();
        await time.PassPauseAsync();
        Assert.IsTrue(stale.Answers(), "the kernel takes the far end's packet for the first of a connection in reverse");
        Assert.IsTrue(allowed.Answers() && allowed.Asks());
        Assert.HasCount(2, lab.Tracked().Where(entry => entry.IsPickedUp));

        time.Advance(ConntrackCleaner.MidstreamInterval);
        await lab.WaitForRemovalAsync();
        Assert.IsTrue(stale.AnswersInVain(), "the far end goes on");
        Assert.IsTrue(stale.AsksInVain(), "the near end goes on");
        Assert.IsTrue(stale.AnswersInVain(), "the far end goes on after the near end tried");
        Assert.IsTrue(allowed.Asks() && allowed.Answers(), "an allowed connection was removed");
        Assert.AreEqual(1, lab.State.CreateReport().StaleConnectionsRemoved);
    }

    [TestMethod]
    public async Task A_connection_that_was_picked_up_stays_when_its_answers_could_not_begin_one()
    {
        await using var lab = new ConntrackLab(isTracking: false, hasRules: false);
        using var talk = lab.Connect(ConntrackLab.Client, ConntrackLab.Server, ProtocolType.Tcp);
        var rules = ConntrackRuleSets.NotFrom(ConntrackLab.Server, ConntrackLab.Client);
        lab.Apply(rules);
        Assert.IsTrue(talk.Asks() && talk.Answers());
        Assert.ContainsSingle(lab.Tracked().Where(entry => entry.IsPickedUp));
        Assert.IsEmpty(lab.Stale(() => rules, affectedEndpoints => affectedEndpoints.AddMidstream()));
        Assert.IsEmpty(lab.Stale(() => rules, affectedEndpoints => affectedEndpoints.AddAllUnverified()));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_connection_whose_beginning_was_seen_is_evaluated_in_that_direction_alone(bool isUdp)
    {
        await using var lab = new ConntrackLab();
        using var talk = lab.Connect(ConntrackLab.Client, ConntrackLab.Server, isUdp ? ProtocolType.Udp : ProtocolType.Tcp, nearPort: ForgedPort);
        var rules = ConntrackRuleSets.NotFrom(ConntrackLab.Server, ConntrackLab.Client);
        Assert.IsEmpty(lab.Stale(() => rules, affectedEndpoints => affectedEndpoints.AddMidstream()));
        Assert.IsEmpty(lab.Stale(() => rules));
    }

    [TestMethod]
    [DataRow(false, nameof(ProtocolType.Tcp))]
    [DataRow(false, nameof(ProtocolType.Udp))]
    [DataRow(true, nameof(ProtocolType.Tcp))]
    [DataRow(true, nameof(ProtocolType.Udp))]
    public async Task The_first_rules_remove_a_connection_that_a_forged_packet_began_before_them(bool v6, string protocol)
    {
        Func<string, string> address = v6 ? ConntrackLab.V6 : a => a;
        var kind = Enum.Parse<ProtocolType>(protocol);
        await using var lab = new ConntrackLab(hasRules: false);
        lab.Forge(ConntrackLab.Other, new(IPAddress.Parse(address(ConntrackLab.Server)), ConntrackLab.Port), new(IPAddress.Parse(address(ConntrackLab.Client)), ForgedPort), kind);
        using var stale = lab.Connect(address(ConntrackLab.Client), address(ConntrackLab.Server), kind, nearPort: ForgedPort);
        Assert.ContainsSingle(lab.Tracked().Where(entry => entry.Original.Protocol == (byte)kind), "the client's packets are answers of what the forged one began");

        var rules = ConntrackRuleSets.NotFrom(ConntrackLab.Client, ConntrackLab.Server);
        Assert.IsEmpty(lab.Stale(() => rules), "its forged direction is allowed");
        lab.Apply(rules);
        await lab.StartAsync();
        await lab.WaitForRemovalAsync();
        Assert.IsTrue(stale.AnswersInVain(), "the far end goes on");
        Assert.IsTrue(stale.AsksInVain(), "the near end goes on");
        Assert.IsTrue(stale.AnswersInVain(), "the far end goes on after the near end tried");
    }
}
