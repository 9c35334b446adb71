using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetPol.Agent.Cutting;
using NetPol.Benchmarks.DataPlane;
using NetPol.Compiler;
using NetPol.Lab;
using NetPol.Model.Rules;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Benchmarks.Cutting;

/// <summary>
/// What it costs to judge established connections again: 50,000 in the kernel, of which a change of the rules forbids one half. Looking without
/// judging is what a change costs that concerns none of them.
/// </summary>
internal static class CutBenchmark
{
    private const int FlowsPerPort = 25_000;
    private const int Rounds = 7;
    private const ushort FirstSourcePort = 1024;
    private const ushort ForbiddenPort = 9_999;

    public static int Run(string[] args)
    {
        var world = new PolicyWorld(100, 100_000, 100);
        var rules = PolicyCompiler.CompileNode(world.Snapshot(), PolicyWorld.Node);
        var (client, server) = (IPAddress.Parse(PolicyWorld.Client.ToString()), IPAddress.Parse(PolicyWorld.Server.ToString()));
        using var lab = LabNetwork.Create(
            new([new(PolicyWorld.Node, [IPAddress.Parse("192.0.2.1")])],
                [new("bench/client", PolicyWorld.Node, [client], []), new("bench/server", PolicyWorld.Node, [server], [])],
                []),
            $"bench{Environment.ProcessId}-cut");
        var node = lab.Nodes[0];
        using var nftables = node.Run(KernelNftables.Open);
        nftables.Commit(TableDiff.Between(null, Renderer.Render(NodeRuleSet.EmptyFor(PolicyWorld.Node))));
        foreach (var port in (ushort[])[world.Port, ForbiddenPort])
        {
            using var sink = lab.RunInPod("bench/server", () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 });
            sink.Bind(new IPEndPoint(IPAddress.Any, port));
            using var source = lab.RunInPod("bench/client", () => new PacketSource(client, server, port));
            source.SendFlows(FirstSourcePort, FlowsPerPort);
        }
        using var connections = node.Run(KernelConnections.Open);
        var (nobody, everybody) = (new Suspects(), new Suspects());
        everybody.AddEverybody();

        Console.WriteLine($"{2 * FlowsPerPort} connections, {world.Peers} peers; median of {Rounds} rounds, ms (processor time)");
        Report("looked at, none concerned", () => ForbiddenConnections.Among(connections, nobody, () => rules).Count, expected: 0);
        Report("looked at and judged", () => ForbiddenConnections.Among(connections, everybody, () => rules).Count, expected: FlowsPerPort);
        var forbidden = ForbiddenConnections.Among(connections, everybody, () => rules);
        Report("one half cut", () => connections.Cut(forbidden).Count(), expected: FlowsPerPort, rounds: 1);
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
