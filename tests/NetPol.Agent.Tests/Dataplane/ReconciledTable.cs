using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Status;
using NetPol.Controller.Tests.EndToEnd;
using NetPol.Model.RuleSets;
using NetPol.Nftables.Kernel;
using NetPol.Nftables.Tests;
using NetPol.Rendering;

namespace NetPol.Agent.Tests.Dataplane;

/// <summary>A real table with the agent's reconciler, and a second socket that changes it.</summary>
internal sealed class ReconciledTable : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly KernelNamespace _kernel = new();
    private readonly LineLog<DriftReconciler> _log = new();
    private readonly TableMonitor _watch;
    private readonly TableMonitor _othersWatch;
    private readonly DriftReconciler _reconciler;
    public ReconciledTable(NodeRuleSet rules)
    {
        Others = _kernel.OpenAnother();
        _watch = _kernel.Watch(_kernel.Nftables, Renderer.TableName);
        _othersWatch = _kernel.Watch(Others, Renderer.TableName);
        Dataplane = new(rules.Node, _kernel.Nftables, State, TimeProvider.System, NullLogger.Instance);
        _reconciler = new(Dataplane, _watch, TimeProvider.System, _log);
        Dataplane.Apply(new(1, 0, null), NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty(rules.Node), rules));
    }

    public NftablesDataplane Dataplane { get; }

    public AgentStatus State { get; } = TestAgentStatus.New();

    /// <summary>The same tables by another socket.</summary>
    public KernelNftables Others { get; }

    /// <summary>The log of the reconciler.</summary>
    public IReadOnlyCollection<string> Lines => _log.Lines;

    /// <summary>Whether the table equals that of the rules, without counters that no rule uses.</summary>
    public bool IsRight
    {
        get
        {
            var actual = Others.Read(Renderer.TableName);
            return CounterRetention.Retain(actual, CommitGuard.AtEpochOf(Renderer.Render(Dataplane.ProgrammedRules!), actual)).Equals(actual);
        }
    }

    /// <summary>The table as nft lists it, in the order of the lines: objects that were made anew are listed last. The epoch of the commit guard is left out.</summary>
    public string Listed => string.Join('\n', _kernel.Nft($"--stateless list table inet {Renderer.TableName}")
        .Replace("@mixed-generation-odd", "@mixed-generation-even", StringComparison.Ordinal).Split('\n').Order(StringComparer.Ordinal));

    public Task StartAsync() => _reconciler.StartAsync(CancellationToken.None);

    public Task StopAsync() => _reconciler.StopAsync(CancellationToken.None).WaitAsync(Timeout);

    public string Nft(string command) => _kernel.Nft("-f -", command + "\n");

    /// <summary>Waits until the reconciler has logged another resync.</summary>
    public async Task ResyncedAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            await _log.NextAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"waited {Timeout.TotalSeconds} s for a resync; the log is:\n{string.Join('\n', Lines)}\nthe table:\n{Others.Read(Renderer.TableName)}");
        }
    }

    /// <summary>Waits until the table is as wanted. Checks after each change by another socket than <see cref="Others"/>.</summary>
    public async Task RightAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout);
        using var wake = timeout.Token.Register(_othersWatch.Wake);
        await Task.Run(() =>
        {
            while (!IsRight)
            {
                _othersWatch.WaitForChange();
                Assert.IsFalse(timeout.IsCancellationRequested, $"waited {Timeout.TotalSeconds} s until the table is as wanted; the log is:\n{string.Join('\n', Lines)}");
            }
        }, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _reconciler.Dispose();
        _watch.Dispose();
        _othersWatch.Dispose();
        Others.Dispose();
        _kernel.Dispose();
        _log.Dispose();
    }
}
