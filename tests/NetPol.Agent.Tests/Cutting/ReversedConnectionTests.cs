using System.Net;
using System.Net.Sockets;
using NetPol.Testing;

namespace NetPol.Agent.Tests.Cutting;

/// <summary>The kernel's original direction of a connection need not be that in which it began.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class ReversedConnectionTests
{
    private const ushort ForgedPort = 5_000;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_forbidden_connection_from_before_anything_was_tracked_is_cut_although_its_far_end_speaks_first(bool v6)
    {
        Func<string, string> address = v6 ? CutLab.V6 : a => a;
        var time = new PausedTime();
        await using var lab = new CutLab(isTracking: false, hasRules: false, time);
        using var forbidden = lab.Connect(address(CutLab.Client), address(CutLab.Server), ProtocolType.Tcp);
        using var allowed = lab.Connect(address(CutLab.Other), address(CutLab.Server), ProtocolType.Tcp);
        lab.Apply(CutRules.NotFrom(CutLab.Client, CutLab.Server));
        await lab.StartAsync();
        Assert.IsTrue(forbidden.Answers(), "the kernel takes the far end's packet for the first of a connection in reverse");
        Assert.IsTrue(allowed.Answers() && allowed.Asks());
        Assert.HasCount(2, lab.Tracked().Where(entry => entry.IsPickedUp));

        await time.PassPauseAsync();
        await lab.CutAsync();
        Assert.IsTrue(forbidden.AnswersInVain(), "the far end goes on");
        Assert.IsTrue(forbidden.AsksInVain(), "the near end goes on");
        Assert.IsTrue(forbidden.AnswersInVain(), "the far end goes on after the near end tried");
        Assert.IsTrue(allowed.Asks() && allowed.Answers(), "an allowed connection is cut");
        Assert.AreEqual(1, lab.State.Describe().Cut);
    }

    [TestMethod]
    public async Task A_connection_that_was_picked_up_stays_when_its_answers_could_not_begin_one()
    {
        await using var lab = new CutLab(isTracking: false, hasRules: false);
        using var talk = lab.Connect(CutLab.Client, CutLab.Server, ProtocolType.Tcp);
        var rules = CutRules.NotFrom(CutLab.Server, CutLab.Client);
        lab.Apply(rules);
        Assert.IsTrue(talk.Asks() && talk.Answers());
        Assert.ContainsSingle(lab.Tracked().Where(entry => entry.IsPickedUp));
        Assert.IsEmpty(lab.Forbidden(() => rules, suspects => suspects.AddMidstream()));
        Assert.IsEmpty(lab.Forbidden(() => rules, suspects => suspects.AddUnproven()));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_connection_whose_beginning_was_seen_is_judged_in_that_direction_alone(bool isUdp)
    {
        await using var lab = new CutLab();
        using var talk = lab.Connect(CutLab.Client, CutLab.Server, isUdp ? ProtocolType.Udp : ProtocolType.Tcp, nearPort: ForgedPort);
        var rules = CutRules.NotFrom(CutLab.Server, CutLab.Client);
        Assert.IsEmpty(lab.Forbidden(() => rules, suspects => suspects.AddMidstream()));
        Assert.IsEmpty(lab.Forbidden(() => rules));
    }

    [TestMethod]
    [DataRow(false, nameof(ProtocolType.Tcp))]
    [DataRow(false, nameof(ProtocolType.Udp))]
    [DataRow(true, nameof(ProtocolType.Tcp))]
    [DataRow(true, nameof(ProtocolType.Udp))]
    public async Task A_connection_that_a_forged_packet_began_before_there_were_rules_is_cut_by_the_first(bool v6, string protocol)
    {
        Func<string, string> address = v6 ? CutLab.V6 : a => a;
        var kind = Enum.Parse<ProtocolType>(protocol);
        await using var lab = new CutLab(hasRules: false);
        lab.Forge(CutLab.Other, new(IPAddress.Parse(address(CutLab.Server)), CutLab.Port), new(IPAddress.Parse(address(CutLab.Client)), ForgedPort), kind);
        using var forbidden = lab.Connect(address(CutLab.Client), address(CutLab.Server), kind, nearPort: ForgedPort);
        Assert.ContainsSingle(lab.Tracked().Where(entry => entry.Original.Protocol == (byte)kind), "the client's packets are answers of what the forged one began");

        var rules = CutRules.NotFrom(CutLab.Client, CutLab.Server);
        Assert.IsEmpty(lab.Forbidden(() => rules), "its forged direction is allowed");
        lab.Apply(rules);
        await lab.StartAsync();
        await lab.CutAsync();
        Assert.IsTrue(forbidden.AnswersInVain(), "the far end goes on");
        Assert.IsTrue(forbidden.AsksInVain(), "the near end goes on");
        Assert.IsTrue(forbidden.AnswersInVain(), "the far end goes on after the near end tried");
    }
}
