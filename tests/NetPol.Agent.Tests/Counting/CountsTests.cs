using System.Net;
using System.Net.Sockets;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.Counting;
using NetPol.Agent.Enforcing;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Nftables.Fake;
using NetPol.Nftables.Tests;
using NetPol.Rendering;
using NetPol.Rendering.Counting;
using NetPol.Testing;

namespace NetPol.Agent.Tests.Counting;

[TestClass]
public sealed class CountsTests
{
    private static readonly Gen<(ClusterSnapshot World, CountedStep[] Steps)> Walks = Gen.Select(Generators.Worlds, CountedStep.Any.Array[3, 10]);

    [TestMethod, TestCategory("Unit")]
    public void No_count_is_lost_or_doubled_whatever_comes_between()
    {
        var (late, folded) = (0, 0);
        Walks.Holds(150, walk =>
        {
            var fake = new FakeNftables();
            var counted = new CountedWalk(fake, (name, packets) => fake.Count(Renderer.TableName, name, (ulong)packets, (ulong)packets * 40));
            counted.Run(walk.World, walk.Steps);
            Interlocked.Add(ref late, counted.CountedLate);
            Interlocked.Add(ref folded, counted.Folded);
        });
        Assert.IsGreaterThan(50, late, "too few packets were on their way through rules that were gone");
        Assert.IsGreaterThan(50, folded, "too few counters were folded");
    }

    [TestMethod, TestCategory("Kernel")]
    public void No_count_is_lost_or_doubled_in_the_kernel()
    {
        // Long ones, so that what was folded once is folded again.
        foreach (var (world, steps) in Gen.Select(Generators.Worlds, CountedStep.Any.Array[20, 30]).Draw(4))
        {
            using var kernel = new KernelNamespace();
            using var socket = kernel.OpenSocket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            kernel.BringLoopbackUp();
            new CountedWalk(kernel.Nftables, (name, packets) =>
            {
                // A rule of the test's own lets real packets meet the counter, and goes again.
                kernel.Nft("-f -", $$"""
                    add chain inet netpol met { type filter hook output priority 0; policy accept; }
                    add rule inet netpol met udp dport 9 counter name "{{name}}"
                    """);
                for (var i = 0; i < packets; i++)
                    socket.SendTo([1], new IPEndPoint(IPAddress.Loopback, 9));
                kernel.Nft("-f -", "flush chain inet netpol met; delete chain inet netpol met");
            }).Run(world, steps);
        }
    }

    [TestMethod, TestCategory("Unit")]
    public void What_no_decision_counts_for_any_more_is_forgotten_after_a_while_and_its_tier_never()
    {
        var (time, fake, rules) = (new FakeTimeProvider(), new FakeNftables(), RulesWith(Some));
        var enforcer = new Enforcer(rules.Node, fake, TestState.New(), time, NullLogger.Instance);
        enforcer.Apply(new(1, 0, null), FromNothing(rules));
        fake.Count(Renderer.TableName, Names.Decision(Some.Id), 7, 700);
        enforcer.Apply(new(2, 1, null), NodeRuleSetDelta.Between(rules, RulesWith()));
        time.Advance(CounterLedger.Settling);
        enforcer.FoldCounters();
        Assert.AreEqual(7UL, Total(SeriesLevel.Rule));
        enforcer.FoldCounters();
        time.Advance(CounterLedger.Lingering);
        enforcer.FoldCounters();
        Assert.AreEqual(0UL, Total(SeriesLevel.Rule));
        Assert.AreEqual(0UL, Total(SeriesLevel.Policy));
        Assert.AreEqual(7UL, Total(SeriesLevel.Tier));
        var commits = fake.Commits;
        time.Advance(CounterLedger.Lingering);
        enforcer.FoldCounters();
        Assert.AreEqual(commits, fake.Commits);

        ulong Total(SeriesLevel level) =>
            SeriesTotals.Of(fake.ReadCounters(Renderer.TableName), level).GetValueOrDefault(Series.Of(Some, level).Single().Id).Packets;
    }

    [TestMethod, TestCategory("Unit")]
    public void However_many_series_come_and_go_few_are_kept()
    {
        const int many = CounterLedger.MaxLingering + 100;
        var (time, fake) = (new FakeTimeProvider(), new FakeNftables());
        var enforcer = new Enforcer("n1", fake, TestState.New(), time, NullLogger.Instance);
        var decisions = Enumerable.Range(0, many).Select(i => Allow($"p{i}")).ToArray();
        enforcer.Apply(new(1, 0, null), FromNothing(RulesWith(decisions)));
        foreach (var decision in decisions)
            fake.Count(Renderer.TableName, Names.Decision(decision.Id), 1, 40);
        enforcer.Apply(new(2, 1, null), NodeRuleSetDelta.Between(RulesWith(decisions), RulesWith()));
        for (var i = 0; i < 3; i++)
        {
            time.Advance(CounterLedger.Settling);
            enforcer.FoldCounters();
        }
        var counters = fake.ReadCounters(Renderer.TableName);
        Assert.HasCount(CounterLedger.MaxLingering + 1, counters.Where(c => Accumulator.SeriesOf(c.Name) is not null));
        var tier = Series.Of(decisions[0], SeriesLevel.Tier).Single();
        Assert.AreEqual((ulong)many, SeriesTotals.Of(counters, SeriesLevel.Tier)[tier.Id].Packets);
    }

    [TestMethod, TestCategory("Kernel")]
    public void A_counter_with_another_tag_is_replaced_and_one_that_nobody_knows_goes()
    {
        using var kernel = new KernelNamespace();
        var rules = RulesWith(Some);
        var name = Names.Decision(Some.Id);
        kernel.Nft("-f -", $$"""
            table inet netpol {
              counter {{name}} { comment "ingress: {{Some}}"; packets 5 bytes 50; }
              counter decision-00000000000000aa { packets 5 bytes 50; }
              chain {{name}} { counter name "{{name}}" accept; }
            }
            """);
        new Enforcer(rules.Node, kernel.Nftables, TestState.New(), TimeProvider.System, NullLogger.Instance).Apply(new(1, 0, null), FromNothing(rules));
        var (wanted, actual) = (Renderer.Render(rules), kernel.Nftables.Read(Renderer.TableName)!);
        CollectionAssert.AreEquivalent(wanted.Counters.Values.ToList(), actual.Counters.Values.ToList());
        Assert.IsTrue(TableDiff.Between(actual, wanted).IsEmpty);
    }

    private static Decision Some { get; } = Allow("some");

    private static Decision Allow(string policy) => Decision.Restore(
        Direction.Ingress, Verdict.Allow, Tier.NetworkPolicy, new(PolicyKind.NetworkPolicy, "shop", policy), 0, null, []);

    private static NodeRuleSet RulesWith(params Decision[] decisions) =>
        NodeRuleSet.EmptyFor("n1") with { Decisions = [.. decisions.OrderBy(d => d.Id)] };

    private static NodeRuleSetDelta FromNothing(NodeRuleSet rules) => NodeRuleSetDelta.Between(NodeRuleSet.EmptyFor(rules.Node), rules);
}
