using System.Net;
using System.Net.Sockets;
using NetPol.Netlink.Conntrack;
using NetPol.Rendering;

namespace NetPol.Agent.Tests.Conntrack;

/// <summary>The sets of stale flows stay bounded although policies change often, and no removed connection comes back.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class StaleFlowLimitTests
{
    [TestMethod]
    public async Task Rounds_of_2000_connections_and_one_toggle_leave_nothing_behind_for_long()
    {
        const int Connections = 2_000;
        await using var lab = new ConntrackLab();
        await lab.StartAsync();
        for (var round = 1; round <= 2; round++)
        {
            var sockets = lab.ConnectMany(ConntrackLab.Client, ConntrackLab.Server, Connections);
            lab.Apply(ConntrackRuleSets.NotFrom(ConntrackLab.Client, ConntrackLab.Server));
            await lab.WaitForRemovalAsync(inAll: round * Connections);
            lab.Apply(ConntrackRuleSets.None);
            sockets.ForEach(socket => socket.Dispose());
        }
        var kept = lab.Leaving(StaleFlowChain.SetName(NetPol.Model.Net.IpFamily.V4));
        Assert.IsNotEmpty(kept);
        Assert.IsTrue(kept.All(element => !element.Contains('d', StringComparison.Ordinal) && Minutes(element) <= StaleFlowChain.MaxAge.TotalMinutes), kept[0]);
    }

    [TestMethod]
    public async Task There_are_never_more_flows_than_the_set_has_room_for()
    {
        const int Round = 2_000;
        await using var lab = new ConntrackLab();
        for (var round = 0; round <= StaleFlowChain.MaxFlows / Round; round++)
            lab.AddStaleFlows([.. Enumerable.Range(round * Round, Round).Select(Flow)]);
        Assert.IsLessThanOrEqualTo(StaleFlowChain.MaxFlows, lab.Leaving(StaleFlowChain.SetName(NetPol.Model.Net.IpFamily.V4)).Count);
        Assert.HasCount(1, lab.Leaving(StaleFlowChain.MidstreamSet));
    }

    [TestMethod]
    public async Task A_connection_for_which_the_set_has_no_room_does_not_come_back()
    {
        await using var lab = new ConntrackLab();
        await lab.StartAsync();
        using var stale = lab.Connect(ConntrackLab.Client, ConntrackLab.Server, ProtocolType.Tcp);
        using var datagrams = lab.Connect(ConntrackLab.Client, ConntrackLab.Server, ProtocolType.Udp);
        using var allowed = lab.Connect(ConntrackLab.Other, ConntrackLab.Server, ProtocolType.Tcp);
        lab.AddStaleFlows([.. Enumerable.Range(0, StaleFlowChain.MaxFlows).Select(Flow)]);
        Assert.IsEmpty(lab.Leaving(StaleFlowChain.MidstreamSet));

        lab.Apply(ConntrackRuleSets.NotFrom(ConntrackLab.Client, ConntrackLab.Server));
        await lab.WaitForRemovalAsync(inAll: 2);
        Assert.IsTrue(stale.AnswersInVain() && datagrams.AnswersInVain(), "the far end begins it anew");
        Assert.IsTrue(stale.AsksInVain() && datagrams.AsksInVain(), "the near end goes on");
        Assert.IsTrue(stale.AnswersInVain() && datagrams.AnswersInVain(), "the far end begins it anew after the near end tried");
        Assert.IsTrue(allowed.Asks() && allowed.Answers(), "an allowed connection was removed");
        using var anew = lab.Connect(ConntrackLab.Other, ConntrackLab.Client, ProtocolType.Tcp);
        Assert.IsTrue(anew.Asks() && anew.Answers(), "a new connection is let through");
        Assert.HasCount(1, lab.Leaving(StaleFlowChain.SetName(NetPol.Model.Net.IpFamily.V4)), "the flow of the datagrams alone is kept by itself");
        Assert.HasCount(1, lab.Leaving(StaleFlowChain.MidstreamSet));
    }

    /// <summary>One of many connections that are not there, as the kernel tracks those of TCP: for five days.</summary>
    private static ConntrackEntry Flow(int number)
    {
        var (near, far) = (new IPAddress([192, 0, (byte)(2 + (number / 60_000)), 1]), new IPAddress([198, 51, 100, 1]));
        var port = (ushort)(1 + (number % 60_000));
        return new(
            new(near, far, (byte)ProtocolType.Tcp) { SourcePort = port, DestinationPort = 80 },
            new(far, near, (byte)ProtocolType.Tcp) { SourcePort = 80, DestinationPort = port })
        {
            Timeout = 432_000,
        };
    }

    /// <summary>The minutes of <c>… timeout 18m expires 17m59s984ms</c>; 0 where it is less than one.</summary>
    private static int Minutes(string element)
    {
        var expires = element[(element.IndexOf(" expires ", StringComparison.Ordinal) + " expires ".Length)..];
        var minutes = expires.IndexOf('m');
        Assert.IsFalse(expires[..Math.Max(0, minutes)].Contains('h', StringComparison.Ordinal), $"it takes hours: {element}");
        return minutes > 0 && int.TryParse(expires[..minutes], out var count) ? count : 0;
    }
}
