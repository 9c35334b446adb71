using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.Enforcing;
using NetPol.Agent.Streaming;
using NetPol.Controller.Tests.Together;
using NetPol.Model.Rules;
using NetPol.Nftables.Kernel;
using NetPol.Nftables.Tests;
using NetPol.Rendering;
using NetPol.Rendering.Counting;

namespace NetPol.Agent.Tests.Enforcing;

/// <summary>A real table with an agent's guard over it, and hands that are not the agent's.</summary>
internal sealed class GuardedTable : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly KernelNamespace _kernel = new();
    private readonly LineLog<DriftGuard> _log = new();
    private readonly KernelTableWatch _watch;
    private readonly KernelTableWatch _othersWatch;
    private readonly DriftGuard _guard;
    public GuardedTable(NodeRuleSet rules)
    {
        Others = _kernel.OpenAnother();
        _watch = _kernel.Watch(_kernel.Nftables, Renderer.TableName);
        _othersWatch = _kernel.Watch(Others, Renderer.TableName);
        Enforcer = new(rules.Node, _kernel.Nftables, State, TimeProvider.System, NullLogger.Instance);
        _guard = new(Enforcer, _watch, TimeProvider.System, _log);
        Enforcer.Apply(new(1, 0, null), NodeRuleSetDelta.Between(NodeRuleSet.EmptyFor(rules.Node), rules));
    }

    public Enforcer Enforcer { get; }

    public AgentState State { get; } = TestState.New();

    /// <summary>The same tables by another socket.</summary>
    public KernelNftables Others { get; }

    /// <summary>What the guard logs.</summary>
    public IReadOnlyCollection<string> Lines => _log.Lines;

    /// <summary>Whether the table is that of the rules, counters apart that only hold counts.</summary>
    public bool IsRight
    {
        get
        {
            var actual = Others.Read(Renderer.TableName);
            return CountKeeping.Keep(actual, Renderer.Render(Enforcer.Rules!)).Equals(actual);
        }
    }

    /// <summary>The table as nft lists it, in the order of the lines: objects that were made anew are listed last.</summary>
    public string Listed => string.Join('\n', _kernel.Nft($"--stateless list table inet {Renderer.TableName}").Split('\n').Order(StringComparer.Ordinal));

    public Task StartAsync() => _guard.StartAsync(CancellationToken.None);

    public Task StopAsync() => _guard.StopAsync(CancellationToken.None).WaitAsync(Patience);

    public string Nft(string command) => _kernel.Nft("-f -", command + "\n");

    /// <summary>Waits until the guard has told of a repair that nobody has waited for.</summary>
    public async Task RepairedAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _log.NextAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"waited {Patience.TotalSeconds} s for a repair; the guard said:\n{string.Join('\n', Lines)}\nthe table:\n{Others.Read(Renderer.TableName)}");
        }
    }

    /// <summary>Waits until the table is right; looks whenever somebody else than <see cref="Others"/> has changed it.</summary>
    public async Task RightAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        using var wake = patience.Token.Register(_othersWatch.Wake);
        await Task.Run(() =>
        {
            while (!IsRight)
            {
                _othersWatch.WaitForChange();
                Assert.IsFalse(patience.IsCancellationRequested, $"waited {Patience.TotalSeconds} s until the table is right; the guard said:\n{string.Join('\n', Lines)}");
            }
        }, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _guard.Dispose();
        _watch.Dispose();
        _othersWatch.Dispose();
        Others.Dispose();
        _kernel.Dispose();
        _log.Dispose();
    }
}
