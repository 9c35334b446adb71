using System.Net;
using System.Net.Sockets;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Lab.Tests;

/// <summary>Sends packets continuously during large rule changes that must not affect them.</summary>
[TestClass]
public sealed class RuleChangeUnderLoadTests
{
    private const int Changes = 400;
    private const int Others = 2000;
    private const ushort Denied = 7777;
    private const ushort Allowed = 9999;
    private static readonly IpAddress Sender = Address("10.0.1.1");
    private static readonly IpAddress Receiver = Address("10.0.1.2");

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public async Task No_packet_passes_that_both_rule_sets_deny()
    {
        NodeRuleSet[] turns = [PolicyCompiler.CompileNode(Cluster(0), "n1"), PolicyCompiler.CompileNode(Cluster(1), "n1")];
        NodeRuleSetDelta[] deltas = [NodeRuleSetDelta.Between(turns[0], turns[1]), NodeRuleSetDelta.Between(turns[1], turns[0])];
        using var lab = PolicyLab.Create(Cluster(0, others: 0), []);
        lab.Load([turns[0]]);
        using var denied = Listen(lab, Denied);
        using var allowed = Listen(lab, Allowed);
        using var sender = lab.RunInPod("shop/sender", () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        using var end = new CancellationTokenSource();

        var flood = Task.Run(() => Flood(sender, end.Token), TestContext.CancellationToken);
        for (var change = 0; change < Changes; change++)
            lab.Apply(deltas[change % 2]);
        await end.CancelAsync();
        var sent = await flood;

        sender.SendTo([1], new IPEndPoint(new IPAddress(Receiver.ToBytes()), Allowed));
        Assert.AreEqual(1, await allowed.ReceiveAsync(new byte[1], TestContext.CancellationToken), "what is allowed arrives");
        TestContext.WriteLine($"{sent} packets, {Changes} changes");
        Assert.IsGreaterThan(100 * Changes, sent);
        Assert.AreEqual(0, Arrived(denied), $"packets of {sent} passed in {Changes} changes");
    }

    /// <summary>Returns a cluster in which the sender's denied ports, and the other pods that are denied, depend on the turn.</summary>
    private static ClusterSnapshot Cluster(int turn, int others = Others) => ClusterSnapshot.Create(
        [new("shop", Labels("kubernetes.io/metadata.name=shop"))],
        [
            Pod("sender", "n1", Sender, "role=sender,team=red"), Pod("receiver", "n1", Receiver), Pod("second", "n1", Address("10.0.1.3")),
            Pod("blue", "n2", Address("10.0.2.1"), "role=sender"),
            .. Enumerable.Range(0, others).Select(i => Pod($"other-{i}", "n2", new IpAddress(IpFamily.V4, Address("10.0.16.0").Value + (uint)i), $"half={i % 2}")),
        ],
        [new("n1", NetPol.Model.Labels.None, [Address("192.168.0.1")], []), new("n2", NetPol.Model.Labels.None, [Address("192.168.0.2")], [])],
        [
            Admin("ports", 5, InNamespaces("", "role=receiver"), ingress: [Deny(Pods("", turn == 0 ? "role=sender" : "team=red"), turn == 0 ? "7000-8000/UDP" : "7000-8500/UDP")]),
            // The peer identity of all senders stays: in both turns a policy distinguishes them from other pods.
            Admin("second", 7, InNamespaces("", "role=second"), ingress: [Deny(Pods("", "role=sender"))]),
            Admin("others", 6, InNamespaces("", "role=receiver"), ingress: [Deny(Pods("", $"half={turn}"))]),
        ]);

    private static Pod Pod(string name, string node, IpAddress address, string? labels = null) =>
        new(new("shop", name), Labels(labels ?? $"role={name}"), node, [address], [], HostNetwork: false, Finished: false);

    private static Socket Listen(PolicyLab lab, ushort port) => lab.RunInPod("shop/receiver", () =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Any, port));
        return socket;
    });

    private static long Flood(Socket sender, CancellationToken end)
    {
        var to = new IPEndPoint(new IPAddress(Receiver.ToBytes()), Denied);
        var sent = 0L;
        for (; !end.IsCancellationRequested; sent++)
            sender.SendTo([1], to);
        return sent;
    }

    private static int Arrived(Socket socket)
    {
        var packets = 0;
        for (; socket.Available > 0; packets++)
            socket.Receive(new byte[1]);
        return packets;
    }
}
