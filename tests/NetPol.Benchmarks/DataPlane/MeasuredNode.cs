using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetPol.Lab;
using NetPol.Netlink.Conntrack;

namespace NetPol.Benchmarks.DataPlane;

/// <summary>
/// A lab of its own for one rule set: client and server behind one node, and packets from the one to the other through the node's
/// forward hook. The client's send call runs the whole path, so its time is the path's time.
/// </summary>
internal sealed class MeasuredNode : IDisposable
{
    private const ushort FirstSourcePort = 1024;

    private readonly LabNetwork _lab;
    private readonly PacketSource _source;
    private readonly Socket _sink;

    public MeasuredNode(string name, ushort port)
    {
        Name = name;
        var (client, server) = (IPAddress.Parse(MeasuredCluster.Client.ToString()), IPAddress.Parse(MeasuredCluster.Server.ToString()));
        _lab = LabNetwork.Create(
            new([new(MeasuredCluster.Node, [IPAddress.Parse("192.0.2.1")])],
                [new("bench/client", MeasuredCluster.Node, [client], []), new("bench/server", MeasuredCluster.Node, [server], [])],
                []),
            $"bench{Environment.ProcessId}-{name}");
        Node = _lab.Nodes[0];
        _source = _lab.RunInPod("bench/client", () => new PacketSource(client, server, port));
        // A full receive buffer drops at once: the server costs the same in every configuration.
        _sink = _lab.RunInPod("bench/server", () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 });
        _sink.Bind(new IPEndPoint(IPAddress.Any, port));
    }

    /// <summary>As many as there are source ports to make flows of, nearly.</summary>
    public const int MostPackets = 40_000;

    public string Name { get; }

    /// <summary>How many packets a round has; fewer where each takes long.</summary>
    public int Packets { get; init; } = MostPackets;

    public LabNode Node { get; }

    /// <summary>Nanoseconds a packet, each the first of its flow.</summary>
    public double FirstPackets()
    {
        Node.Run(ForgetFlows);
        var start = Stopwatch.GetTimestamp();
        _source.SendFlows(FirstSourcePort, Packets);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / Packets;
    }

    /// <summary>Nanoseconds a packet of one flow that is established: evaluated before, and answered.</summary>
    public double LaterPackets()
    {
        Node.Run(ForgetFlows);
        Drain();
        _source.SendOneFlow(FirstSourcePort, 1);
        Answer();
        var start = Stopwatch.GetTimestamp();
        _source.SendOneFlow(FirstSourcePort, Packets);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / Packets;
    }

    /// <summary>How many of <paramref name="count"/> new flows reach the server: proof that the rules let through what is measured.</summary>
    public int Arrivals(int count)
    {
        Drain();
        _sink.ReceiveBufferSize = 1 << 20;
        Node.Run(ForgetFlows);
        _source.SendFlows(FirstSourcePort, count);
        var arrived = Drain();
        _sink.ReceiveBufferSize = 1;
        return arrived;
    }

    public void Dispose()
    {
        _source.Dispose();
        _sink.Dispose();
        _lab.Dispose();
    }

    private static void ForgetFlows()
    {
        using var conntrack = ConntrackSocket.Open();
        conntrack.DeleteAll();
    }

    private void Answer()
    {
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        var length = _sink.ReceiveFrom(new byte[64], ref from);
        _sink.SendTo(new byte[length], from);
    }

    private int Drain()
    {
        var (buffer, arrived) = (new byte[64], 0);
        while (_sink.Poll(TimeSpan.Zero, SelectMode.SelectRead))
        {
            _sink.Receive(buffer);
            arrived++;
        }
        return arrived;
    }
}
