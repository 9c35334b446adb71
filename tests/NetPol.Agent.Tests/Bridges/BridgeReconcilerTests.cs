using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NetPol.Agent.Bridges;
using NetPol.Agent.Tests.Conntrack;
using NetPol.Netlink;
using NetPol.Netlink.Routing;
using NetPol.Nftables;
using NetPol.Nftables.Fake;

namespace NetPol.Agent.Tests.Bridges;

/// <summary>The table of the bridge family is updated after changes of pods and after changes by other programs.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class BridgeReconcilerTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    [TestMethod]
    public void A_new_pod_sends_nothing_as_itself_before_the_controller_knows_it()
    {
        using var lab = new BridgeLab();
        lab.AddPod("b", 2);
        lab.Know(2);
        // The table is as it was before this port came: that is the instant at which a pod starts.
        lab.AddPod("a", 1);
        Assert.IsFalse(Reaches(lab, "a", 1, "b", 2));
        Assert.IsTrue(lab.Reconcile());
        Assert.IsFalse(Reaches(lab, "a", 1, "b", 2));
        lab.Know(1, 2);
        Assert.IsTrue(Reaches(lab, "a", 1, "b", 2));
    }

    [TestMethod]
    public void The_next_pod_with_an_address_may_use_it_and_the_port_of_the_one_before_is_forgotten()
    {
        using var lab = new BridgeLab();
        lab.AddPod("a", 1);
        lab.AddPod("b", 2);
        lab.Know(1, 2);
        lab.RemovePod("a");
        lab.AddPod("again", 1);
        Assert.IsTrue(lab.Reconcile());
        Assert.IsTrue(Reaches(lab, "again", 1, "b", 2));
        Assert.IsFalse(lab.Table()!.ToString().Contains("\"a\"", StringComparison.Ordinal), lab.Table()!.ToString());
    }

    /// <summary>ARP, neighbor discovery and both families, with the pods' own kernels.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    public void Pods_and_their_node_talk(int family)
    {
        using var lab = new BridgeLab();
        lab.AddPod("a", 1);
        lab.AddPod("b", 2);
        lab.Know(1, 2);
        Assert.IsTrue(Talks(lab, open => lab.In("a", open), BridgeLab.Addresses(1)[family], open => lab.In("b", open), BridgeLab.Addresses(2)[family]));
        Assert.IsTrue(Talks(lab, open => lab.In("a", open), BridgeLab.Addresses(1)[family], open => lab.Node.Run(open), BridgeLab.Addresses(254)[family]));
        Assert.IsTrue(Talks(lab, open => lab.Node.Run(open), BridgeLab.Addresses(254)[family], open => lab.In("b", open), BridgeLab.Addresses(2)[family]));
    }

    /// <summary>SLAAC (RFC 4862): a pod solicits, the router behind the uplink advertises, and the pod has an address.</summary>
    [TestMethod]
    public void A_pod_configures_itself_by_the_router_behind_the_uplink()
    {
        using var lab = new BridgeLab();
        lab.AddPod("a", 1);
        lab.Know(1);
        using var router = lab.Frames("router");
        byte[] prefix = [3, 4, 64, 0xc0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. IPAddress.Parse("2001:db8:7::").GetAddressBytes()];
        byte[] advertisement = [64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, .. prefix];
        var packet = Frames.IcmpV6(lab.LinkLocalOf("router"), IPAddress.Parse("ff02::1"), 134, advertisement);
        router.Send(Frames.Ethernet(lab.HardwareOf("router"), System.Net.NetworkInformation.PhysicalAddress.Parse("33:33:00:00:00:01"), Frames.Ipv6, packet));
        lab.In("a", () =>
        {
            using var links = RouteSocket.Open();
            Until("the pod has an address of 2001:db8:7::/64", () => links.ListAddresses().Any(a => a.Address.ToString().StartsWith("2001:db8:7:", StringComparison.Ordinal)));
            return true;
        });
    }

    [TestMethod]
    public async Task Ports_rules_and_other_hands_are_followed_at_once()
    {
        using var lab = new BridgeLab();
        var guard = lab.Guard();
        await guard.StartAsync(CancellationToken.None);
        try
        {
            lab.AddPod("a", 1);
            Until("the new port is known", () => lab.Table() is { } table && table.ToString().Contains("\"a\"", StringComparison.Ordinal));
            lab.Know(1);
            Until("the pod may send", () => lab.Table()!.Sets["addresses-4"].Elements.Count == 1 && lab.Coverage.Description is { Pods: 1, UnknownPorts: 0, Error: null });
            var right = lab.Table();
            foreach (var change in (string[])["delete table bridge netpol", "flush ruleset", "flush chain bridge netpol prerouting", "insert rule bridge netpol prerouting accept"])
            {
                lab.Node.Run(() => LabCommands.Nft(change));
                Until($"'{change}' is undone", () => right!.Equals(lab.Table()));
            }
            lab.RemovePod("a");
            Until("the bridge has no pods left", () => lab.Coverage.Description.Pods == 0);
        }
        finally
        {
            await guard.StopAsync(CancellationToken.None);
            guard.Dispose();
        }
    }

    [TestMethod]
    public void A_kernel_without_the_family_and_unreadable_ports_are_reported()
    {
        using var lab = new BridgeLab();
        lab.AddPod("a", 1);
        lab.Know(1);
        var coverage = lab.Coverage;
        var refused = new BridgeDataplane(lab.Dataplane, new RefusingNftables(), () => lab.Node.Run(() => { using var reader = BridgePortReader.Open(); return reader.Read(); }), new([]), coverage, lab.Log);
        Assert.IsFalse(refused.Reconcile());
        Assert.StartsWith("2 pods on bridges are not limited to their own addresses: ", coverage.Description.Error);
        Assert.StartsWith("Error Pods on bridges are not covered: ", lab.Log.Lines.Last());
        var unread = new BridgeDataplane(lab.Dataplane, new FakeNftables(), () => throw new NetlinkException("list addresses", NetlinkErrno.NotPermitted, ExtendedAck.None), new([]), coverage, lab.Log);
        Assert.IsFalse(unread.Reconcile());
        Assert.StartsWith("the ports of pods on bridges cannot be read: ", coverage.Description.Error);
        Assert.IsTrue(lab.Reconcile());
        Assert.IsNull(coverage.Description.Error);
    }

    /// <summary>Whether a datagram arrives at a pod. An ARP broadcast without a sender address, sent after it, always arrives.</summary>
    private static bool Reaches(BridgeLab lab, string from, byte number, string to, byte toNumber)
    {
        using var receiver = lab.Frames(to);
        using var sender = lab.Frames(from);
        var (source, destination) = (BridgeLab.Addresses(number)[0], BridgeLab.Addresses(toNumber)[0]);
        sender.Send(Frames.Ethernet(lab.HardwareOf(from), lab.HardwareOf(to), Frames.Ipv4, Frames.Udp(source, destination, 1000, 2000, "datagram")));
        sender.Send(Frames.Ethernet(lab.HardwareOf(from), Frames.Broadcast, Frames.Arp, Frames.ArpMessage(1, lab.HardwareOf(from), IPAddress.Any, source, "the last")));
        return receiver.ReceiveUntil("the last", Timeout).Exists(f => f.Contains("datagram", StringComparison.Ordinal));
    }

    private static bool Talks(BridgeLab lab, Func<Func<Socket>, Socket> client, IPAddress source, Func<Func<Socket>, Socket> server, IPAddress destination)
    {
        using var listening = server(() => new Socket(destination.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        listening.Bind(new IPEndPoint(destination, 0));
        listening.ReceiveTimeout = (int)Timeout.TotalMilliseconds;
        using var asking = client(() => new Socket(source.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        asking.Bind(new IPEndPoint(source, 0));
        asking.ReceiveTimeout = (int)Timeout.TotalMilliseconds;
        asking.SendTo("question"u8, listening.LocalEndPoint!);
        var buffer = new byte[64];
        EndPoint asked = new IPEndPoint(source, 0);
        var length = listening.ReceiveFrom(buffer, ref asked);
        listening.SendTo(buffer.AsSpan(0, length), asked);
        return Encoding.ASCII.GetString(buffer, 0, asking.Receive(buffer)) == "question" && asked.Equals(asking.LocalEndPoint);
    }

    private static void Until(string what, Func<bool> isSo)
    {
        var started = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            if (Stopwatch.GetElapsedTime(started) > Timeout)
                Assert.Fail($"waited {Timeout.TotalSeconds} s until {what}");
            Thread.Yield();
        }
    }

    /// <summary>A kernel without the bridge family.</summary>
    private sealed class RefusingNftables : INftables
    {
        public void Commit(StagedUpdate update, Action? programmed = null, ICommitPacer? pacer = null) =>
            throw new NftablesException("create table bridge netpol", NetlinkErrno.NotSupported, ExtendedAck.None);

        public TableState? Read(string table) => null;

        public IReadOnlyList<CounterValue> ReadCounters(string table) => [];
    }
}
