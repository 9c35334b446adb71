using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.Dataplane;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Sync;
using NetPol.Lab;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Protocol.RuleSets;
using NetPol.Protocol.Wire;
using NetPol.Rendering;
using NetPol.Testing.Agreement;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests.Sync;

/// <summary>The session of a controller, and an agent that puts its updates into the kernel of a network namespace.</summary>
internal sealed class KernelSession : INftablesInterceptor, IRuleSetObserver, IAsyncDisposable
{
    private readonly PausedTimeProvider _time = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly LabNetwork _lab;
    private readonly KernelNftables _kernel;

    /// <summary>The same table by another socket: the agent uses its own at the same time.</summary>
    private readonly KernelNftables _reader;
    private readonly NftablesDataplane _enforcer;
    private readonly FakeStream _stream = new();
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _answered = new(0);
    private readonly string _node;
    private readonly Lock _applying = new();
    private ClusterSnapshot _cluster = ClusterSnapshot.Empty;
    private Task _running = Task.CompletedTask;

    public KernelSession(string node)
    {
        _node = node;
        TestRequirements.Kernel();
        _lab = LabNetwork.Create(new([new(node, [IPAddress.Parse("192.0.2.1")])], [], []), $"test{Environment.ProcessId}-{Guid.NewGuid():N}"[..20]);
        (_kernel, _reader) = (_lab.Nodes[0].Run(() => KernelNftables.Open(TableFamily.Inet, this)), _lab.Nodes[0].Run(KernelNftables.Open));
        Store = new(TestControllerMetrics.New(), _time);
        _enforcer = new(node, _kernel, new NetPol.Agent.Status.AgentStatus(_services.GetRequiredService<IMeterFactory>(), _time), TimeProvider.System, NullLogger.Instance, [this]);
    }

    public RuleSetStore Store { get; }

    void IRuleSetObserver.OnRulesProgrammed(NodeRuleSetDelta? change) => States.Add((_enforcer.ProgrammedRules!, Commits));

    /// <summary>Called before each commit; what it throws, the commit does.</summary>
    public Func<Transaction, Transaction> BeforeCommit { get; set; } = t => t;

    /// <summary>The programmed rule sets, in order, and how many commits there were until then.</summary>
    public List<(NodeRuleSet Rules, int Commits)> States { get; } = [];

    public int Commits { get; private set; }

    /// <summary>The updates that the agent refused.</summary>
    public List<string> Refusals { get; } = [];

    public NodeRuleSet? Rules => _enforcer.ProgrammedRules;

    public AgentSession Session { get; private set; } = null!;

    public void Start()
    {
        Session = new(_node, "test", Store.Subscribe(_node), TestControllerMetrics.New(), _time, NullLogger.Instance);
        _running = Task.WhenAll(Session.RunAsync(_stream, _stream, CancellationToken.None), Task.Run(EnforceAsync));
    }

    /// <summary>Takes a change of the cluster in. For any thread.</summary>
    public void Apply(ClusterSnapshot cluster)
    {
        lock (_applying)
        {
            Store.Apply(ClusterDifference.Between(_cluster, cluster), _time.GetUtcNow());
            _cluster = cluster;
        }
    }

    /// <summary>Waits until the kernel has these rules and no policy is searched, and asserts that it has nothing else.</summary>
    public async Task EnforcedAsync(NodeRuleSet rules)
    {
        do
        {
            while (_enforcer.ProgrammedRules != rules)
                await _answered.WaitAsync(_end.Token).WithinAsync($"the rules; {string.Join("; ", Refusals)}");
            Assert.IsTrue(
                SpinWait.SpinUntil(() => _enforcer.ProgrammedRules != rules || (!Store.Find(_node)!.Isolation.IsSearching && Session.State.Error is null), TimeSpan.FromSeconds(60)),
                "the search does not end");
        }
        while (_enforcer.ProgrammedRules != rules);
        var actual = _reader.Read(Renderer.TableName);
        Assert.AreEqual("", TableDiff.Between(actual, CounterRetention.Retain(actual, Renderer.Render(rules))).ToString());
    }

    void INftablesInterceptor.Commit(Transaction transaction, Action<Transaction> commit)
    {
        commit(BeforeCommit(transaction));
        Commits++;
    }

    T INftablesInterceptor.Read<T>(Func<T> read) => read();

    public async ValueTask DisposeAsync()
    {
        _stream.Hangup();
        await _end.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
        _answered.Dispose();
        _kernel.Dispose();
        _reader.Dispose();
        _lab.Dispose();
        await _services.DisposeAsync();
    }

    /// <summary>As the agent does: whatever goes wrong refuses the update.</summary>
    private async Task EnforceAsync()
    {
        var reader = new UpdateReader(_node);
        while (!_end.IsCancellationRequested)
        {
            if (reader.Add(await _stream.NextAsync(_end.Token)) is not var (head, change))
                continue;
            try
            {
                _enforcer.Apply(head, change);
                _stream.Applied(head.Generation);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                Refusals.Add(error.Message);
                _stream.Report(new() { Ack = new() { Generation = head.Generation, Result = Ack.Types.Result.Failed, Error = error.Message } });
            }
            _answered.Release();
        }
    }
}
