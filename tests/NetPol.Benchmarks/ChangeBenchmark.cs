using System.Diagnostics;
using NetPol.Compiler;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Benchmarks;

/// <summary>
/// What one changed pod costs, in clusters of more and more pods, beside compiling the cluster anew: a pod takes another pod's place, as in
/// a roll-out, or changes a label that rules look at.
/// </summary>
internal static class ChangeBenchmark
{
    private const int Nodes = 20;
    private const int Events = 200;

    public static int Run(string[] args)
    {
        Console.WriteLine($"{Nodes} nodes, {Events} events of each sort; ms are those of one event");
        Console.WriteLine($"{"pods",7} {"policies",9} {"anew ms",8} {"replaced ms",12} {"of anew",8} {"relabelled ms",14} {"of anew",8} {"nodes told",11} {"entries told",13}");
        foreach (var pods in (ReadOnlySpan<int>)[1_000, 10_000, 100_000])
            Measure(CompileWorld.Build(pods, Math.Min(pods / 10, 1_000), Math.Min(pods / 2, 5_000), Nodes));
        return 0;
    }

    private static void Measure(ClusterSnapshot world)
    {
        _ = PolicyCompiler.Compile(world);
        var watch = Stopwatch.StartNew();
        _ = PolicyCompiler.Compile(world);
        var anew = watch.Elapsed.TotalMilliseconds;

        var compiler = new IncrementalCompiler();
        compiler.Apply(Changes.Between(ClusterSnapshot.Empty, world));
        var random = new Random(2);
        var pods = world.Pods.ToArray();
        random.Shuffle(pods);
        var next = 0;
        int told = 0, entries = 0;
        var replaced = Time(() =>
        {
            var (old, elsewhere) = (pods[next], pods[next + Events]);
            var born = old with { Id = new(old.Id.Namespace, $"{old.Id.Name}-new"), Node = elsewhere.Node, Addresses = [AddressAt(next)] };
            next++;
            return new() { Pods = [new(old.Id, null), new(born.Id, born)] };
        });
        next = 2 * Events;
        var relabelled = Time(() =>
        {
            var pod = pods[next++];
            return new() { Pods = [new(pod.Id, pod with { Labels = pod.Labels.With("app", "app9") })] };
        });
        Console.WriteLine(
            $"{world.Pods.Count,7} {world.Policies.Count,9} {anew,8:F0} {replaced,12:F2} {replaced / anew,8:P1} {relabelled,14:F2} {relabelled / anew,8:P1} " +
            $"{told / (2.0 * Events),11:F1} {entries / (2.0 * Events),13:F0}");

        double Time(Func<ClusterChanges> change)
        {
            var elapsed = TimeSpan.Zero;
            for (var i = 0; i < Events; i++)
            {
                var changes = change();
                watch.Restart();
                var deltas = compiler.Apply(changes);
                elapsed += watch.Elapsed;
                told += deltas.Count;
                entries += deltas.Sum(Entries);
            }
            return elapsed.TotalMilliseconds / Events;
        }
    }

    private static int Entries(NodeRuleSetDelta delta) => Entries(delta.KnownPods) + Entries(delta.Profiles) + Entries(delta.Decisions) + Entries(delta.Egress) + Entries(delta.Ingress);

    private static int Entries(HookRulesDelta delta) => Entries(delta.Rest) + Entries(delta.Peers) + Entries(delta.Classes) + Entries(delta.Cells);

    private static int Entries<T>(Change<T> change) => change.Removed.Count + change.Added.Count;

    private static IpAddress AddressAt(int number) => new(IpFamily.V4, 0x0B000000u + (uint)number);
}
