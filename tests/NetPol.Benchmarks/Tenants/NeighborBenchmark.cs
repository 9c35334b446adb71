using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.Dataplane;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Sync;
using NetPol.Lab;
using NetPol.Model.Cluster;
using NetPol.Nftables.Kernel;
using NetPol.Protocol.RuleSets;
using NetPol.Protocol.Wire;
using NetPol.Testing.Clusters;

namespace NetPol.Benchmarks.Tenants;

/// <summary>
/// How long a neighbor's small change takes until it is programmed, while a tenant's policies that multiply come and go: the shapes of the attack review, those just within the budget, and the review's
/// own at 1, 4 and 16 times. Rules of a controller, the session of an agent, and a kernel; no network between them.
/// </summary>
internal static class NeighborBenchmark
{
    private const int Changes = 60;
    private static readonly TimeSpan TenantEvery = TimeSpan.FromMilliseconds(700);
    private static readonly NetPol.Model.Net.IpAddress Neighbor = NetPol.Model.Net.IpAddress.Parse("10.2.0.1");

    public static int Run(string[] args)
    {
        Console.WriteLine($"{"the tenant's policies",-24} {"p50",6} {"p90",6} {"longest of " + Changes,14}, ms until a neighbor's change is programmed");
        foreach (var (name, large) in Shapes())
        {
            var delays = MeasureAsync(large).GetAwaiter().GetResult();
            Console.WriteLine($"{name,-24} {delays[Changes / 2],6:F0} {delays[Changes * 9 / 10],6:F0} {delays[^1],14:F0}");
        }
        return 0;
    }

    private static IEnumerable<(string Name, ClusterSnapshot Cluster)> Shapes()
    {
        yield return ("labels, at the limit", MultiplyingPolicies.OfLabels(43, 43, 16));
        yield return ("networks, at the limit", MultiplyingPolicies.OfNetworks(8, 19));
        yield return ("blocks, at the limit", MultiplyingPolicies.OfBlocks(100, 198));
        foreach (var times in (int[])[1, 4, 16])
        {
            yield return ($"labels, {times} times", MultiplyingPolicies.OfLabels(300, 110, 60 * times));
            yield return ($"networks, {times} times", MultiplyingPolicies.OfNetworks(60, 120, times));
        }
    }

    private static async Task<List<double>> MeasureAsync(ClusterSnapshot large)
    {
        var locked = MultiplyingPolicies.WithNeighborLockedDown(large);
        ClusterSnapshot[][] clusters = [[Without(large), large], [Without(locked), locked]];
        await using var session = new Session(clusters[0][0]);
        var (isLocked, isLarge, gate) = (0, 0, new Lock());
        using var end = new CancellationTokenSource();
        var tenant = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                lock (gate)
                    session.Apply(clusters[isLocked][isLarge = 1 - isLarge]);
                await Task.Delay(TenantEvery);
            }
        });
        List<double> delays = [];
        for (var i = 0; i < Changes; i++)
        {
            // At another moment of the tenant's change each time.
            await Task.Delay(150 + (i * 37 % 100));
            var started = Stopwatch.GetTimestamp();
            lock (gate)
                session.Apply(clusters[isLocked = 1 - isLocked][isLarge]);
            while (session.Evaluates(Neighbor) != (isLocked == 1))
            {
                await session.CheckAsync();
                await Task.Delay(1);
            }
            delays.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        await end.CancelAsync();
        await tenant;
        return [.. delays.Order()];
    }

    private static ClusterSnapshot Without(ClusterSnapshot cluster) =>
        ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, cluster.Policies.Where(p => p.Id.Namespace != MultiplyingPolicies.Tenant));

    /// <summary>A controller's rules, an agent's session and its kernel.</summary>
    private sealed class Session : IAsyncStreamReader<AgentMessage>, IServerStreamWriter<UpdatePart>, IAsyncDisposable
    {
        private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        private readonly Channel<AgentMessage> _reports = Channel.CreateUnbounded<AgentMessage>();
        private readonly UpdateReader _reader = new(MultiplyingPolicies.Node);
        private readonly LabNetwork _lab;
        private readonly KernelNftables _kernel;
        private readonly NftablesDataplane _enforcer;
        private readonly RuleSetStore _store;
        private readonly Task _running;
        private ClusterSnapshot _cluster = ClusterSnapshot.Empty;

        public Session(ClusterSnapshot cluster)
        {
            _lab = LabNetwork.Create(new([new(MultiplyingPolicies.Node, [IPAddress.Parse("192.0.2.1")])], [], []), $"bench{Environment.ProcessId}-neighbor");
            _kernel = _lab.Nodes[0].Run(KernelNftables.Open);
            var meters = _services.GetRequiredService<IMeterFactory>();
            _enforcer = new(MultiplyingPolicies.Node, _kernel, new NetPol.Agent.Status.AgentStatus(meters, TimeProvider.System), TimeProvider.System, NullLogger.Instance);
            _store = new(new(meters), TimeProvider.System);
            Apply(cluster);
            _running = new AgentSession(MultiplyingPolicies.Node, "benchmark", _store.Subscribe(MultiplyingPolicies.Node), new(meters), TimeProvider.System, NullLogger.Instance)
                .RunAsync(this, this, CancellationToken.None);
        }

        public AgentMessage Current { get; private set; } = new();

        public WriteOptions? WriteOptions { get; set; }

        public void Apply(ClusterSnapshot cluster)
        {
            _store.Apply(NetPol.Testing.Agreement.ClusterDifference.Between(_cluster, cluster), DateTimeOffset.UtcNow);
            _cluster = cluster;
        }

        /// <summary>Whether packets that the address sends are evaluated.</summary>
        public bool Evaluates(NetPol.Model.Net.IpAddress address) => _enforcer.ProgrammedRules is { } rules && rules.PodEgress.Defaults.Any(r => r.Subject == address);

        /// <summary>Throws what ended the session, if it has ended.</summary>
        public Task CheckAsync() => _running.IsCompleted ? _running : Task.CompletedTask;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!await _reports.Reader.WaitToReadAsync(cancellationToken))
                return false;
            Current = await _reports.Reader.ReadAsync(cancellationToken);
            return true;
        }

        public Task WriteAsync(UpdatePart message) => WriteAsync(message, CancellationToken.None);

        public async Task WriteAsync(UpdatePart message, CancellationToken cancellationToken)
        {
            // A stream does not wait for what the other end does.
            await Task.Yield();
            if (_reader.Add(message) is not var (head, change))
                return;
            _enforcer.Apply(head, change);
            _reports.Writer.TryWrite(new() { Ack = new() { Generation = head.Generation, Result = Ack.Types.Result.Applied } });
        }

        public async ValueTask DisposeAsync()
        {
            _reports.Writer.Complete();
            await _running;
            _kernel.Dispose();
            _lab.Dispose();
            await _services.DisposeAsync();
        }
    }
}
