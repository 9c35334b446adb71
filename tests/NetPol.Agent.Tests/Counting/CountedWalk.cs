using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.Counting;
using NetPol.Agent.Enforcing;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Nftables;
using NetPol.Rendering;
using NetPol.Rendering.Counting;

namespace NetPol.Agent.Tests.Counting;

/// <summary>Drives an enforcer through a walk, counts packets on the way, and keeps the books itself.</summary>
/// <param name="nftables">Where there is no table yet.</param>
/// <param name="count">Lets packets meet the counter of this name.</param>
internal sealed class CountedWalk(INftables nftables, Action<string, int> count)
{
    private const string Node = "n1";
    private readonly FakeTimeProvider _time = new();
    private readonly Dictionary<Series, ulong> _books = [];
    private readonly List<(Decision Decision, DateTimeOffset Since)> _left = [];
    private NodeRuleSet _rules = NodeRuleSet.EmptyFor(Node);
    private Enforcer? _enforcer;
    private ulong _generation;

    /// <summary>How often a packet was counted in a counter whose decision had just left.</summary>
    public int CountedLate { get; private set; }

    /// <summary>How often counters were folded with something in them.</summary>
    public int Folded { get; private set; }

    public void Run(ClusterSnapshot world, IEnumerable<CountedStep> steps)
    {
        foreach (var step in steps)
        {
            world = step.Change.Apply(world);
            Apply(PolicyCompiler.CompileNode(world, Node), step.Restarts);
            Compare(step, "the rules changed");
            foreach (var (place, packets) in step.Packets)
                Count(place, packets);
            Compare(step, "packets were counted");
            _time.Advance(step.Pause);
            Fold();
            Compare(step, "counters were folded");
        }
        _time.Advance(CounterLedger.Settling);
        Fold();
        var counters = nftables.ReadCounters(Renderer.TableName);
        Assert.IsEmpty(counters.Where(c => c.Name.StartsWith("decision-", StringComparison.Ordinal)).Select(c => c.Name).Except(_rules.Decisions.Select(d => Names.Decision(d.Id))));
    }

    private void Apply(NodeRuleSet next, bool restarts)
    {
        _left.AddRange(_rules.Decisions.Except(next.Decisions).Select(d => (d, _time.GetUtcNow())));
        _left.RemoveAll(l => next.Decisions.Contains(l.Decision));
        var isSnapshot = restarts || _enforcer is null;
        if (isSnapshot)
            _enforcer = new(Node, nftables, TestState.New(), _time, NullLogger.Instance);
        _enforcer!.Apply(
            new(_generation + 1, isSnapshot ? 0 : _generation, null), NodeRuleSetDelta.Between(isSnapshot ? NodeRuleSet.EmptyFor(Node) : _rules, next));
        (_rules, _generation) = (next, _generation + 1);
    }

    private void Count(int place, int packets)
    {
        _left.RemoveAll(l => _time.GetUtcNow() - l.Since >= CounterLedger.Settling);
        var decisions = _rules.Decisions.Concat(_left.Select(l => l.Decision)).ToList();
        if (decisions.Count == 0)
            return;
        var decision = decisions[place % decisions.Count];
        CountedLate += _rules.Decisions.Contains(decision) ? 0 : 1;
        count(Names.Decision(decision.Id), packets);
        foreach (var series in Enum.GetValues<SeriesLevel>().SelectMany(level => Series.Of(decision, level)))
            _books[series] = _books.GetValueOrDefault(series) + (ulong)packets;
    }

    private void Fold()
    {
        var before = nftables.ReadCounters(Renderer.TableName);
        _enforcer!.FoldCounters();
        Folded += before.Any(b => b.Packets > 0 && nftables.ReadCounters(Renderer.TableName).All(a => !string.Equals(a.Name, b.Name, StringComparison.Ordinal))) ? 1 : 0;
    }

    /// <summary>Every series has, to the packet, what the books say; and the table holds no more counters than it must.</summary>
    private void Compare(CountedStep step, string what)
    {
        var counters = nftables.ReadCounters(Renderer.TableName);
        foreach (var (series, packets) in _books)
            Assert.AreEqual(packets, SeriesTotals.Of(counters, series.Level).GetValueOrDefault(series.Id).Packets, $"{step}: {what}: {series}");
        Assert.IsLessThanOrEqualTo(_books.Count, counters.Count(c => Accumulator.SeriesOf(c.Name) is not null));
    }
}
