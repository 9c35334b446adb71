using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.Counters;
using NetPol.Agent.Dataplane;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Rendering;
using NetPol.Testing.Generation;

namespace NetPol.Agent.Tests.Counters;

/// <summary>Drives an enforcer through a walk, counts packets on the way, and keeps the books itself.</summary>
/// <param name="nftables">Where there is no table yet.</param>
/// <param name="count">Lets packets meet the counter of this name.</param>
internal sealed class CountingScenario(INftables nftables, Action<string, int> count)
{
    private const string Node = "n1";
    private readonly FakeTimeProvider _time = new();
    private readonly Dictionary<CounterSeries, ulong> _stores = [];
    private readonly List<(Decision Decision, DateTimeOffset Since)> _left = [];
    private NodeRuleSet _rules = NodeRuleSet.CreateEmpty(Node);
    private NftablesDataplane? _dataplane;
    private ulong _generation;

    /// <summary>How often a packet was counted in a counter whose decision had just left.</summary>
    public int CountedLate { get; private set; }

    /// <summary>How often counters were folded with something in them.</summary>
    public int Folded { get; private set; }

    public void Run(ClusterSnapshot cluster, IEnumerable<CountingScenarioStep> steps)
    {
        foreach (var step in steps)
        {
            cluster = step.Change.Apply(cluster);
            Apply(PolicyCompiler.CompileNode(cluster, Node), step.Restarts);
            Compare(step, "the rules changed");
            foreach (var (place, packets) in step.Packets)
                Count(place, packets);
            Compare(step, "packets were counted");
            _time.Advance(step.Pause);
            Fold();
            Compare(step, "counters were folded");
        }
        _time.Advance(RetiredCounters.GracePeriod);
        Fold();
        var counters = nftables.ReadCounters(Renderer.TableName);
        Assert.IsEmpty(counters.Where(c => c.Name.StartsWith("decision-", StringComparison.Ordinal)).Select(c => c.Name).Except(_rules.Decisions.Select(d => ObjectNames.Decision(d.Id))));
    }

    private void Apply(NodeRuleSet next, bool restarts)
    {
        _left.AddRange(_rules.Decisions.Except(next.Decisions).Select(d => (d, _time.GetUtcNow())));
        _left.RemoveAll(l => next.Decisions.Contains(l.Decision));
        var isSnapshot = restarts || _dataplane is null;
        if (isSnapshot)
            _dataplane = new(Node, nftables, TestAgentStatus.New(), _time, NullLogger.Instance);
        _dataplane!.Apply(
            new(_generation + 1, isSnapshot ? 0 : _generation, null), NodeRuleSetDelta.Between(isSnapshot ? NodeRuleSet.CreateEmpty(Node) : _rules, next));
        (_rules, _generation) = (next, _generation + 1);
    }

    private void Count(int place, int packets)
    {
        _left.RemoveAll(l => _time.GetUtcNow() - l.Since >= RetiredCounters.GracePeriod);
        var decisions = _rules.Decisions.Concat(_left.Select(l => l.Decision)).ToList();
        if (decisions.Count == 0)
            return;
        var decision = decisions[place % decisions.Count];
        CountedLate += _rules.Decisions.Contains(decision) ? 0 : 1;
        count(ObjectNames.Decision(decision.Id), packets);
        foreach (var series in Enum.GetValues<SeriesLevel>().SelectMany(level => CounterSeries.Create(decision, level)))
            _stores[series] = _stores.GetValueOrDefault(series) + (ulong)packets;
    }

    private void Fold()
    {
        var before = nftables.ReadCounters(Renderer.TableName);
        _dataplane!.CollectRetiredCounters();
        Folded += before.Any(b => b.Packets > 0 && nftables.ReadCounters(Renderer.TableName).All(a => !string.Equals(a.Name, b.Name, StringComparison.Ordinal))) ? 1 : 0;
    }

    /// <summary>Every series has, to the packet, what the books say; and the table holds no more counters than it must.</summary>
    private void Compare(CountingScenarioStep step, string what)
    {
        var counters = nftables.ReadCounters(Renderer.TableName);
        foreach (var (series, packets) in _stores)
            Assert.AreEqual(packets, SeriesTotals.Sum(counters, series.Level).GetValueOrDefault(series.Id).Packets, $"{step}: {what}: {series}");
        Assert.IsLessThanOrEqualTo(_stores.Count, counters.Count(c => SeriesCounter.SeriesOf(c.Name) is not null));
    }
}

/// <summary>What happens between two looks at the counts.</summary>
/// <param name="Change">How the cluster changes.</param>
/// <param name="Restarts">Whether the agent starts anew, knowing nothing, before it hears of the change.</param>
/// <param name="Pause">How long it takes until counters are folded.</param>
/// <param name="Packets">So many packets meet the decision at that place of the list, or of those that have just left.</param>
public sealed record CountingScenarioStep(Step Change, bool Restarts, TimeSpan Pause, (int Place, int Packets)[] Packets)
{
    public static Gen<CountingScenarioStep> Any { get; } = Gen.Select(
        Gen.Frequency((3, Generators.Steps), (2, Generators.PodSteps)),
        Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true))),
        Gen.OneOf(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(600), TimeSpan.FromSeconds(3)),
        Gen.Select(Gen.Int[0, 1000], Gen.Int[1, 5]).Array[0, 6],
        (change, restarts, pause, packets) => new CountingScenarioStep(change, restarts, pause, packets));

    public override string ToString() =>
        $"{(Restarts ? "restart, " : "")}{Change}, {string.Join(' ', Packets.Select(p => $"{p.Packets}@{p.Place}"))}, {Pause.TotalSeconds} s";
}
