using NetPol.Agent.Dataplane;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using NetPol.Rendering.Tests;

namespace NetPol.Agent.Tests.Dataplane;

/// <summary>Another program changes the table in the kernel.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class DriftReconcilerTests
{
    private static readonly StagedUpdate Door = new(Renderer.TableName, [new Operation.AddRule("forward", new Rule(new Statement.Verdict(PacketVerdict.Accept)))]);

    [TestMethod]
    [DataRow("delete table inet netpol")]
    [DataRow("flush ruleset")]
    [DataRow("flush table inet netpol")]
    [DataRow("flush chain inet netpol forward")]
    [DataRow("insert rule inet netpol forward accept")]
    [DataRow("delete element inet netpol pod-ingress-4-subjects { 10.0.0.5 }")]
    [DataRow("add element inet netpol pod-ingress-4-peers { 10.0.1.9 : accept }")]
    [DataRow("add chain inet netpol door { type filter hook forward priority -10; policy accept; }; add rule inet netpol door accept")]
    [DataRow("add chain inet netpol forward { policy drop; }")]
    [DataRow("add set inet netpol extra { type mark; flags timeout; }")]
    [DataRow("add table inet netpol { flags dormant; }")]
    [DataRow("add table inet netpol { flags dormant; }; flush chain inet netpol forward; delete chain inet netpol forward")]
    [DataRow("add chain inet netpol door { type filter hook forward priority -10; }; add rule inet netpol door accept; add table inet netpol { flags dormant; }")]
    [DataRow("insert rule inet netpol forward tcp dport { 80, 443 } accept")]
    [DataRow("insert rule inet netpol forward tcp dport vmap { 80 : accept }")]
    [DataRow("insert rule inet netpol forward ip daddr . tcp dport { 10.0.0.1 . 80, 10.0.0.2 . 90-100 } accept")]
    [DataRow("insert rule inet netpol forward ip daddr 10.0.0.0/8 jump { tcp dport { 80, 443 } accept; }")]
    [DataRow("add chain inet netpol side { tcp dport { 80, 443 } accept; }; insert rule inet netpol forward jump side")]
    [DataRow("insert rule inet netpol forward goto pod-ingress-4")]
    [DataRow("add element inet netpol pod-ingress-4-peers { 10.0.1.9 : jump unready-source-4 }")]
    [DataRow("add element inet netpol pod-ingress-4-peers { * : accept }")]
    [DataRow("add element inet netpol pod-egress-4-cidrs { 0.0.0.0-10.255.255.255 : return }")]
    [DataRow("add element inet netpol pod-ingress-4-subjects { * }")]
    [DataRow("add element inet netpol stale-flows-4 { * }")]
    [DataRow("flush table inet netpol; delete set inet netpol pod-ingress-4-subjects; add set inet netpol pod-ingress-4-subjects { type ipv4_addr; limit rate 1/week; elements = { 10.0.0.5 } }")]
    [DataRow("flush table inet netpol; delete set inet netpol pod-ingress-4-subjects; add set inet netpol pod-ingress-4-subjects { type ipv4_addr; size 1; }")]
    [DataRow("flush table inet netpol; delete set inet netpol pod-ingress-4-subjects; add set inet netpol pod-ingress-4-subjects { type ipv4_addr; flags constant; elements = { 10.0.0.5 } }")]
    [DataRow("flush table inet netpol; delete set inet netpol pod-ingress-4-subjects; add map inet netpol pod-ingress-4-subjects { type ipv4_addr : mark; elements = { 10.0.0.5 : 1 } }")]
    [DataRow("flush table inet netpol; delete map inet netpol pod-ingress-4-peers; add set inet netpol pod-ingress-4-peers { type ipv6_addr; flags interval; }")]
    [DataRow("flush chain inet netpol forward; delete chain inet netpol forward; add chain inet netpol forward { type filter hook forward priority 10; }")]
    [DataRow("flush chain inet netpol forward; delete chain inet netpol forward; add chain inet netpol forward")]
    [DataRow("flush chain inet netpol forward; delete chain inet netpol forward; add chain inet netpol forward { type nat hook prerouting priority 0; }")]
    [DataRow("add chain inet netpol door { type filter hook ingress device lo priority 0; }; add rule inet netpol door tcp dport { 80, 443 } accept")]
    public async Task A_change_by_another_program_is_undone(string change)
    {
        await using var table = new ReconciledTable(SmallRuleSet.Value);
        var listed = table.Listed;
        await table.StartAsync();
        table.Nft(change);
        await table.ResyncedAsync();
        Assert.IsTrue(table.IsRight, table.Others.Read(Renderer.TableName)?.ToString());
        Assert.AreEqual(listed, table.Listed);
        Assert.AreEqual(1, table.State.CreateReport().Resyncs);
        Assert.StartsWith("Warning nft (process ", Assert.ContainsSingle(table.Lines));
    }

    [TestMethod]
    public async Task The_agents_own_updates_and_what_others_do_elsewhere_are_no_drift()
    {
        await using var table = new ReconciledTable(SmallRuleSet.Value);
        await table.StartAsync();
        var rules = SmallRuleSet.Value;
        for (ulong generation = 2; generation < 500; generation++)
        {
            var next = rules with { ReadyPods = generation % 2 == 0 ? [] : SmallRuleSet.Value.ReadyPods, PodEgress = generation % 2 == 0 ? EnforcementRules.Empty : SmallRuleSet.Value.PodEgress };
            table.Dataplane.Apply(new(generation, generation - 1, null), NodeRuleSetDelta.Between(rules, next));
            rules = next;
        }
        table.Nft("add table ip netpol; add chain ip netpol forward; add table inet other; add chain inet other forward");
        // The kernel sends messages in order, so all earlier ones are handled by then.
        table.Nft("flush chain inet netpol forward");
        await table.ResyncedAsync();
        Assert.IsTrue(table.IsRight);
        Assert.AreEqual(1, table.State.CreateReport().Resyncs);
        Assert.StartsWith("Warning nft (process ", Assert.ContainsSingle(table.Lines));
    }

    /// <summary>Objects of other kinds stay: without a rule nothing meets them.</summary>
    [TestMethod]
    [DataRow("add quota inet netpol extra { over 1 mbytes; }", "insert rule inet netpol forward quota name extra accept")]
    [DataRow("add quota inet netpol extra { over 1 mbytes; }", "add map inet netpol extras { type ipv4_addr : quota; elements = { 10.0.0.5 : extra } }; insert rule inet netpol forward quota name ip saddr map @extras accept")]
    [DataRow("add limit inet netpol extra { rate 1/second; }", "insert rule inet netpol forward limit name extra accept")]
    [DataRow("add ct helper inet netpol extra { type \"ftp\" protocol tcp; }", "insert rule inet netpol forward ct helper set extra")]
    [DataRow("delete element inet netpol pod-ingress-4-subjects { 10.0.0.5 }; add element inet netpol pod-ingress-4-subjects { 10.0.0.5 comment \"extra\" }", "flush chain inet netpol forward")]
    public async Task What_evaluates_nothing_is_no_drift_and_the_rule_that_makes_it_evaluate_goes(string harmless, string change)
    {
        await using var table = new ReconciledTable(SmallRuleSet.Value);
        await table.StartAsync();
        table.Nft(harmless);
        table.Nft(change);
        await table.ResyncedAsync();
        Assert.IsTrue(table.IsRight, table.Others.Read(Renderer.TableName)?.ToString());
        Assert.AreEqual(1, table.State.CreateReport().Resyncs);
        Assert.StartsWith("Warning nft (process ", Assert.ContainsSingle(table.Lines));
    }

    [TestMethod]
    public async Task A_program_that_undoes_every_resync_is_logged_once_and_loses()
    {
        await using var table = new ReconciledTable(SmallRuleSet.Value);
        await table.StartAsync();
        const int Rounds = 2 * DriftReconciler.LoggedResyncs;
        for (var round = 0; round < Rounds; round++)
        {
            table.Others.Commit(Door);
            await table.RightAsync();
        }
        await table.StopAsync();
        Assert.AreEqual(Rounds, table.State.CreateReport().Resyncs);
        Assert.HasCount(DriftReconciler.LoggedResyncs, table.Lines.Where(line => line.Contains("The agent restored it", StringComparison.Ordinal)));
        Assert.ContainsSingle(table.Lines.Where(line => line.StartsWith("Error ", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task After_a_storm_of_changes_the_table_is_right()
    {
        await using var table = new ReconciledTable(SmallRuleSet.Value);
        await table.StartAsync();
        for (var i = 0; i < 300; i++)
            table.Others.Commit(Door);
        await table.RightAsync();
        Assert.IsLessThan(150, table.State.CreateReport().Resyncs, "the guard rests between repairs");
    }

    [TestMethod]
    public async Task When_messages_are_lost_anything_may_have_happened()
    {
        await using var table = new ReconciledTable(SmallRuleSet.Value);
        Flood(table.Others);
        table.Nft("delete table inet netpol");
        await table.StartAsync();
        await table.ResyncedAsync();
        Assert.IsTrue(table.IsRight);
        Assert.StartsWith("Warning An unknown program changed table", Assert.ContainsSingle(table.Lines));
    }

    /// <summary>Makes the kernel send more messages than any receive buffer holds.</summary>
    private static void Flood(KernelNftables nftables)
    {
        var set = new Set { Name = "many", Key = new(KeyField.Ipv6Addr) };
        var many = ElementList.Create(Enumerable.Range(0, 200_000).Select(i => Element.Create(set.Key.Key((UInt128)i))));
        nftables.Commit(new("flood", [new Operation.AddTable(null), new Operation.AddSet(set), new Operation.AddElements(set, many)]));
    }
}
