using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetPol.Agent.Conntrack;
using NetPol.Benchmarks.DataPlane;
using NetPol.Compiler;
using NetPol.Lab;
using NetPol.Model.RuleSets;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Benchmarks.Conntrack;

/// <summary>
/// The cost of evaluating established connections again: the kernel has 50,000, and a change of the rules forbids one half. Reading them without
/// evaluation is the cost of a change that concerns none of them.
/// </summary>
internal static class StaleConnectionBenchmark
{
    private const int FlowsPerPort = 25_000;
    private const int Rounds = 7;
    private const ushort FirstSourcePort = 1024;
    private const ushort ForbiddenPort = 9_999;

    public static int Run(string[] args)
    {
        var cluster = new MeasuredCluster(100, 100_000, 100);
        var rules = PolicyCompiler.CompileNode(cluster.Snapshot(), MeasuredCluster.Node);
        var (client, server) = (IPAddress.Parse(MeasuredCluster.Client.ToString()), IPAddress.Parse(MeasuredCluster.Server.ToString()));
        using var lab = LabNetwork.Create(
            new([new(MeasuredCluster.Node, [IPAddress.Parse("192.0.2.1")])],
                [new("bench/client", MeasuredCluster.Node, [client], []), new("bench/server", MeasuredCluster.Node, [server], [])],
                []),
            $"bench{Environment.ProcessId}-cut");
        var node = lab.Nodes[0];
        using var nftables = node.Run(KernelNftables.Open);
        nftables.Commit(TableDiff.Between(null, Renderer.Render(NodeRuleSet.CreateEmpty(MeasuredCluster.Node))));
        foreach (var port in (ushort[])[cluster.Port, ForbiddenPort])
        {
            using var sink = lab.RunInPod("bench/server", () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 });
            sink.Bind(new IPEndPoint(IPAddress.Any, port));
            using var source = lab.RunInPod("bench/client", () => new PacketSource(client, server, port));
            source.SendFlows(FirstSourcePort, FlowsPerPort);
        }
        using var connections = node.Run(() => ConntrackTable.Open(nftables));
        var (none, all) = (new AffectedEndpoints(), new AffectedEndpoints());
        all.AddAll();

        Console.WriteLine($"{2 * FlowsPerPort} connections, {cluster.Peers} peers; median of {Rounds} rounds, ms (processor time)");
        Report("read, none concerned", () => StaleConnectionFinder.Find(connections, none, () => rules).Count, expected: 0);
        Report("read and evaluated", () => StaleConnectionFinder.Find(connections, all, () => rules).Count, expected: FlowsPerPort);
        var forbidden = StaleConnectionFinder.Find(connections, all, () => rules);
        Report("one half cut", () => connections.Remove(forbidden).Count(), expected: FlowsPerPort, rounds: 1);
        return 0;
    }

    private static void Report(string what, Func<int> act, int expected, int rounds = Rounds)
    {
        var (times, processor) = (new double[rounds], new double[rounds]);
        using var self = Process.GetCurrentProcess();
        for (var round = 0; round < rounds; round++)
        {
            self.Refresh();
            var (started, used) = (Stopwatch.GetTimestamp(), self.TotalProcessorTime);
            if (act() is var found && found != expected)
                throw new InvalidOperationException($"{what}: {found} connections, not {expected}");
            times[round] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            self.Refresh();
            processor[round] = (self.TotalProcessorTime - used).TotalMilliseconds;
        }
        Console.WriteLine($"{what,-28}{DataPlaneBenchmark.Median(times),8:F0}{DataPlaneBenchmark.Median(processor),8:F0}");
    }
}
