using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Health;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Network;
using NetPol.Agent.NodeInspection;
using NetPol.Agent.Stats;
using NetPol.Agent.Status;
using NetPol.Agent.Sync;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Fake;
using NetPol.Rendering;

namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>The agent of a node, without the executable around it, on a kernel that is not one.</summary>
internal sealed class TestAgent : IAsyncDisposable
{

    private readonly string _folder = Directory.CreateTempSubdirectory("npt-agent-").FullName;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly NftablesDataplane _enforcer;
    private readonly RuleSetClient _client;
    private readonly InspectionServer _inspections;

    /// <param name="name">The node.</param>
    /// <param name="port">Where controllers listen on the loopback address.</param>
    /// <param name="token">The agent's token.</param>
    /// <param name="authorities">Whom it trusts, PEM.</param>
    /// <param name="nftables">What an earlier run left, if any.</param>
    public TestAgent(string name, int port, string token, string authorities, FakeNftables? nftables = null)
    {
        Nftables = nftables ?? new();
        File.WriteAllText(Path.Combine(_folder, "token"), token);
        File.WriteAllText(Path.Combine(_folder, "ca.crt"), authorities);
        var options = new AgentOptions
        {
            Node = name,
            Controller = $"127.0.0.1:{port}",
            TokenFile = Path.Combine(_folder, "token"),
            CaFile = Path.Combine(_folder, "ca.crt"),
        };
        State = new(_services.GetRequiredService<IMeterFactory>(), ReadinessTime);
        Readiness = new(State, new(Nftables, TimeProvider.System), options);
        _enforcer = new(name, Nftables, State, TimeProvider.System, NullLogger.Instance);
        var link = new ActiveController();
        Addresses = new(NullLogger<LocalAddresses>.Instance);
        _client = new(options, _enforcer, State, Readiness, link, Addresses, TimeProvider.System, Log);
        NodeStats = new(link, new(_enforcer, new(Nftables, CounterTime)), State, TimeProvider.System, NullLogger<NodeStatsReporter>.Instance);
        _inspections = new(link, new(name, _enforcer, Look), TimeProvider.System, Inspections);
    }

    public FakeNftables Nftables { get; }

    public AgentStatus State { get; }

    /// <summary>Whether it enforces what a controller sends.</summary>
    public ReadinessCheck Readiness { get; }

    /// <summary>How long it has followed no controller is measured with this.</summary>
    public FakeTimeProvider ReadinessTime { get; } = new();

    /// <summary>What was counted is read anew after a second of this.</summary>
    public FakeTimeProvider CounterTime { get; } = new();

    /// <summary>Reports counts, but only on request.</summary>
    public NodeStatsReporter NodeStats { get; }

    /// <summary>What the node's kernel takes for its own, as a test says.</summary>
    public LocalAddresses Addresses { get; }

    /// <summary>What the agent logs.</summary>
    public LineLog<RuleSetClient> Log { get; } = new();

    /// <summary>Says when it can be asked.</summary>
    public LineLog<InspectionServer> Inspections { get; } = new();

    /// <summary>What it enforces; null before the first snapshot of this run.</summary>
    public NodeRuleSet? Rules => _enforcer.ProgrammedRules;

    public async Task StartAsync()
    {
        await _client.StartAsync(CancellationToken.None);
        await _inspections.StartAsync(CancellationToken.None);
    }

    /// <summary>Waits, for a minute at most, until something is so; looks whenever the agent says something.</summary>
    public Task UntilAsync(string what, Func<bool> isSo) => Log.UntilAsync(what, isSo);

    /// <summary>Puts another token into the agent's file.</summary>
    public void Renew(string token) => File.WriteAllText(Path.Combine(_folder, "token"), token);

    /// <summary>The kernel has the objects that the rules render to, and counts of removed decisions.</summary>
    public void AssertHolds(NodeRuleSet rules)
    {
        var actual = Nftables.Read(Renderer.TableName)!;
        Assert.AreEqual(NftText.Write(CounterRetention.Retain(actual, CommitGuard.AtEpochOf(Renderer.Render(rules), actual))), NftText.Write(actual));
    }

    public async ValueTask DisposeAsync()
    {
        await _inspections.StopAsync(CancellationToken.None);
        _inspections.Dispose();
        Inspections.Dispose();
        NodeStats.Dispose();
        await _client.StopAsync(CancellationToken.None);
        _client.Dispose();
        Log.Dispose();
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private TableStateView Look() => new(Nftables.Read(Renderer.TableName) ?? new(Renderer.TableName, null, [], [], []), Nftables.ReadCounters(Renderer.TableName));
}
