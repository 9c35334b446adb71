using System.Net;
using System.Net.Sockets;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.Counters;
using NetPol.Agent.Dataplane;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Nftables.Fake;
using NetPol.Nftables.Tests;
using NetPol.Rendering;
using NetPol.Testing.Generation;

namespace NetPol.Agent.Tests.Counters;

[TestClass]
public sealed class CounterContinuityTests
{
    private static readonly Gen<(ClusterSnapshot Cluster, CountingScenarioStep[] Steps)> Walks = Gen.Select(Generators.Clusters, CountingScenarioStep.Any.Array[3, 10]);

    [TestMethod, TestCategory("Unit")]
    public void No_count_is_lost_or_doubled_whatever_comes_between()
    {
        var (late, folded) = (0, 0);
        Walks.ForAll(150, walk =>
        {
            var fake = new FakeNftables();
            var counted = new CountingScenario(fake, (name, packets) => fake.AddToCounter(Renderer.TableName, name, (ulong)packets, (ulong)packets * 40));
            counted.Run(walk.Cluster, walk.Steps);
            Interlocked.Add(ref late, counted.CountedLate);
            Interlocked.Add(ref folded, counted.Folded);
        });
        Assert.IsGreaterThan(50, late, "too few packets were on their way through removed rules");
        Assert.IsGreaterThan(50, folded, "too few counters were folded");
    }

    [TestMethod, TestCategory("Kernel")]
    public void No_count_is_lost_or_doubled_in_the_kernel()
    {
        // Long ones, so that what was folded once is folded again.
        foreach (var (cluster, steps) in Gen.Select(Generators.Clusters, CountingScenarioStep.Any.Array[20, 30]).Draw(4))
        {
            using var kernel = new KernelNamespace();
            using var socket = kernel.OpenSocket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            kernel.BringLoopbackUp();
            new CountingScenario(kernel.Nftables, (name, packets) =>
            {
                // A rule of the test's own lets real packets meet the counter, and goes again.
                kernel.Nft("-f -", $$"""
                    add chain inet netpol met { type filter hook output priority 0; policy accept; }
                    add rule inet netpol met udp dport 9 counter name "{{name}}"
                    """);
                for (var i = 0; i < packets; i++)
                    socket.SendTo([1], new IPEndPoint(IPAddress.Loopback, 9));
                kernel.Nft("-f -", "flush chain inet netpol met; delete chain inet netpol met");
            }).Run(cluster, steps);
        }
    }

    [TestMethod, TestCategory("Unit")]
    public void What_no_decision_counts_for_any_more_is_forgotten_after_a_while_and_its_tier_never()
    {
        var (time, fake, rules) = (new FakeTimeProvider(), new FakeNftables(), RulesWith(Some));
        var dataplane = new NftablesDataplane(rules.Node, fake, TestAgentStatus.New(), time, NullLogger.Instance);
        dataplane.Apply(new(1, 0, null), FromNothing(rules));
        fake.AddToCounter(Renderer.TableName, ObjectNames.Decision(Some.Id), 7, 700);
        dataplane.Apply(new(2, 1, null), NodeRuleSetDelta.Between(rules, RulesWith()));
        time.Advance(RetiredCounters.GracePeriod);
        dataplane.CollectRetiredCounters();
        Assert.AreEqual(7UL, Total(SeriesLevel.Rule));
        dataplane.CollectRetiredCounters();
        time.Advance(RetiredCounters.RetentionTime);
        dataplane.CollectRetiredCounters();
        Assert.AreEqual(0UL, Total(SeriesLevel.Rule));
        Assert.AreEqual(0UL, Total(SeriesLevel.Policy));
        Assert.AreEqual(7UL, Total(SeriesLevel.Tier));
        var commits = fake.Commits;
        time.Advance(RetiredCounters.RetentionTime);
        dataplane.CollectRetiredCounters();
        Assert.AreEqual(commits, fake.Commits);

        ulong Total(SeriesLevel level) =>
            SeriesTotals.Sum(fake.ReadCounters(Renderer.TableName), level).GetValueOrDefault(CounterSeries.Create(Some, level).Single().Id).Packets;
    }

    [TestMethod, TestCategory("Unit")]
    public void However_many_series_come_and_go_few_are_kept()
    {
        const int many = RetiredCounters.MaxRetainedSeries + 100;
        var (time, fake) = (new FakeTimeProvider(), new FakeNftables());
        var dataplane = new NftablesDataplane("n1", fake, TestAgentStatus.New(), time, NullLogger.Instance);
        var decisions = Enumerable.Range(0, many).Select(i => Allow($"p{i}")).ToArray();
        dataplane.Apply(new(1, 0, null), FromNothing(RulesWith(decisions)));
        foreach (var decision in decisions)
            fake.AddToCounter(Renderer.TableName, ObjectNames.Decision(decision.Id), 1, 40);
        dataplane.Apply(new(2, 1, null), NodeRuleSetDelta.Between(RulesWith(decisions), RulesWith()));
        for (var i = 0; i < 3; i++)
        {
            time.Advance(RetiredCounters.GracePeriod);
            dataplane.CollectRetiredCounters();
        }
        var counters = fake.ReadCounters(Renderer.TableName);
        Assert.HasCount(RetiredCounters.MaxRetainedSeries + 1, counters.Where(c => SeriesCounter.SeriesOf(c.Name) is not null));
        var tier = CounterSeries.Create(decisions[0], SeriesLevel.Tier).Single();
        Assert.AreEqual((ulong)many, SeriesTotals.Sum(counters, SeriesLevel.Tier)[tier.Id].Packets);
    }

    [TestMethod, TestCategory("Kernel")]
    public void A_counter_with_another_tag_is_replaced_and_an_unknown_one_is_deleted()
    {
        using var kernel = new KernelNamespace();
        var rules = RulesWith(Some);
        var name = ObjectNames.Decision(Some.Id);
        kernel.Nft("-f -", $$"""
            table inet netpol {
              counter {{name}} { comment "ingress: {{Some}}"; packets 5 bytes 50; }
              counter decision-00000000000000aa { packets 5 bytes 50; }
              chain {{name}} { counter name "{{name}}" accept; }
            }
            """);
        new NftablesDataplane(rules.Node, kernel.Nftables, TestAgentStatus.New(), TimeProvider.System, NullLogger.Instance).Apply(new(1, 0, null), FromNothing(rules));
        var (wanted, actual) = (Renderer.Render(rules), kernel.Nftables.Read(Renderer.TableName)!);
        CollectionAssert.AreEquivalent(wanted.Counters.Values.ToList(), actual.Counters.Values.ToList());
        Assert.IsTrue(TableDiff.Between(actual, wanted).IsEmpty);
    }

    private static Decision Some { get; } = Allow("some");

    private static Decision Allow(string policy) => Decision.Restore(
        Direction.Ingress, Verdict.Allow, Tier.NetworkPolicy, new(PolicyKind.NetworkPolicy, "shop", policy), 0, null, []);

    private static NodeRuleSet RulesWith(params Decision[] decisions) =>
        NodeRuleSet.CreateEmpty("n1") with { Decisions = [.. decisions.OrderBy(d => d.Id)] };

    private static NodeRuleSetDelta FromNothing(NodeRuleSet rules) => NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty(rules.Node), rules);
}
