using System.Diagnostics;
using System.Net;
using NetPol.Benchmarks.DataPlane;
using NetPol.Compiler;
using NetPol.Lab;
using NetPol.Model.Policies;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Benchmarks.FlowRecords;

/// <summary>
/// What records of denied connections cost under a flood of them, beside the same flood with nothing logged, in turns; and whether each packet is in a record
/// or counted as lost. Everything runs in this process, so its processor time is that of the packets and of the agent's part together.
/// </summary>
internal static class DeniedFloodBenchmark
{
    private const int PerSecond = 100_000;
    private const int Seconds = 5;
    private const int Rounds = 5;
    private const int Wave = 1_000;
    private const ushort DeniedPort = 9;

    public static int Run(string[] args)
    {
        var rules = PolicyCompiler.CompileNode(new MeasuredCluster(10, 1_000, 10).Snapshot(), MeasuredCluster.Node);
        using var lab = LabNetwork.Create(
            new([new(MeasuredCluster.Node, [IPAddress.Parse("192.0.2.1")])],
                [new("bench/client", MeasuredCluster.Node, [Address(MeasuredCluster.Client)], []), new("bench/server", MeasuredCluster.Node, [Address(MeasuredCluster.Server)], [])],
                []),
            $"bench{Environment.ProcessId}-flood");
        using var source = lab.RunInPod("bench/client", () => new PacketSource(Address(MeasuredCluster.Client), Address(MeasuredCluster.Server), DeniedPort));
        using var kernel = lab.Nodes[0].Run(KernelNftables.Open);
        using var agent = new FlowRecorder(lab.Nodes[0], rules);
        NftCommand.Load(lab.Nodes[0], DataPlaneBenchmark.Tracking);

        var logged = new FlowLogSettings { Always = FlowLogging.Denied };
        List<double> without = [], with = [];
        for (var round = -1; round < Rounds; round++)
        {
            foreach (var (logs, figures) in ((FlowLogSettings, List<double>)[])[(FlowLogSettings.Default, without), (logged, with)])
            {
                kernel.Commit(TableDiff.Between(kernel.Read(Renderer.TableName), Renderer.Render(rules, logs)));
                var used = Flood(source);
                if (round >= 0)
                    figures.Add(used);
            }
        }
        agent.Stop();
        return Report(without, with, agent);
    }

    /// <summary>The processor time that it used, as a part of one core.</summary>
    private static double Flood(PacketSource source)
    {
        using var self = Process.GetCurrentProcess();
        var before = self.TotalProcessorTime;
        var start = Stopwatch.GetTimestamp();
        for (var sent = 0; sent < PerSecond * Seconds; sent += Wave)
        {
            var early = TimeSpan.FromSeconds((double)sent / PerSecond) - Stopwatch.GetElapsedTime(start);
            if (early > TimeSpan.Zero)
                Thread.Sleep(early);
            source.SendFlows((ushort)(1024 + (sent % 60_000)), Wave);
        }
        self.Refresh();
        return (self.TotalProcessorTime - before) / TimeSpan.FromSeconds(Seconds);
    }

    private static int Report(List<double> without, List<double> with, FlowRecorder agent)
    {
        const long Sent = (long)(Rounds + 1) * PerSecond * Seconds;
        var (off, on) = (DataPlaneBenchmark.Median([.. without]), DataPlaneBenchmark.Median([.. with]));
        Console.WriteLine($"{PerSecond} denied connections a second, {Rounds} rounds of {Seconds} s in turns; processor time of one core, medians");
        Console.WriteLine($"dropped {off:P1}, dropped and recorded {on:P1}: {on - off:P1} more (limit 10 %)");
        Console.WriteLine($"{Sent} packets with records on: {agent.Recorded} in {agent.Records} records, {agent.Unlogged} kept out by the rate, {agent.Lost} lost on the way");
        return agent.Recorded + agent.Unlogged + agent.Lost == Sent && on - off < 0.1 ? 0 : 1;
    }

    private static IPAddress Address(NetPol.Model.Net.IpAddress address) => new(address.ToBytes());
}
