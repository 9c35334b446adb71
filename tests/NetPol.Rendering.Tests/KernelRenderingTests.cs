using CsCheck;
using NetPol.Compiler;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Tests;
using NetPol.Rendering.Tracing;
using NetPol.Testing.Generation;

namespace NetPol.Rendering.Tests;

/// <summary>The kernel accepts a rendered table and lists it unchanged.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class KernelRenderingTests
{
    [TestMethod]
    public void The_text_through_nft_and_the_table_through_netlink_list_alike()
    {
        foreach (var rules in Generators.Clusters.Draw(3).SelectMany(cluster => (IEnumerable<NodeRuleSet>)PolicyCompiler.Compile(cluster)).Append(SmallRuleSet.Value))
        {
            var wanted = Renderer.Render(rules, new() { Always = FlowLogging.Denied });
            using var ours = new KernelNamespace();
            using var theirs = new KernelNamespace();
            ours.Nftables.Commit(TableDiff.Between(null, wanted));
            theirs.Nft("-f -", NftText.Write(wanted));
            Assert.AreEqual(Sorted(theirs.Nft("list ruleset")), Sorted(ours.Nft("list ruleset")));
            Assert.AreEqual(wanted, ours.Nftables.Read(wanted.Name));
        }
    }

    [TestMethod]
    public void A_table_that_is_replaced_whole_is_the_wanted_one_and_goes_on_counting()
    {
        var wanted = Renderer.Render(SmallRuleSet.Value);
        CounterValue[] counted = [.. wanted.Counters.Values.Select((c, i) => new CounterValue(c.Name, (ulong)i, 100 * (ulong)i, c.Tag))];
        using var kernel = new KernelNamespace();
        kernel.Nft("-f -", $"table inet {wanted.Name} {{ chain {Renderer.ForwardChain} {{ type nat hook prerouting priority 0; tcp dport {{ 80, 443 }} accept; }}; }}");
        kernel.Nftables.Commit(TableDiff.Replace(wanted, counted));
        Assert.AreEqual(wanted, kernel.Nftables.Read(wanted.Name));
        Assert.IsTrue(kernel.Nftables.ReadCounters(wanted.Name).SequenceEqual(counted));
    }

    [TestMethod]
    public void A_walk_by_differences_leaves_the_kernel_with_a_full_render()
    {
        using var kernel = new KernelNamespace();
        foreach (var (cluster, steps) in Generators.Clusters.Draw(15).Zip(Generators.Steps.Array[4, 8].Draw(15)))
        {
            var (at, rules) = (cluster, PolicyCompiler.CompileNode(cluster, "n1"));
            kernel.Nftables.Commit(TableDiff.Between(kernel.Nftables.Read(Renderer.TableName), Renderer.Render(rules)));
            foreach (var step in steps)
            {
                at = step.Apply(at);
                var after = PolicyCompiler.CompileNode(at, "n1");
                kernel.Nftables.Commit(Renderer.Render(NodeRuleSetDelta.Between(rules, after), epoch: CommitGuard.EpochOf(kernel.Nftables.Read(Renderer.TableName))));
                rules = after;
                var actual = kernel.Nftables.Read(Renderer.TableName);
                Assert.AreEqual(CommitGuard.AtEpochOf(Renderer.Render(after), actual), actual, step.Description);
            }
        }
    }

    [TestMethod]
    public void Packets_take_the_same_way_through_the_kernel_s_table_as_through_the_rendered_one()
    {
        var steps = 0;
        using var kernel = new KernelNamespace();
        using var view = kernel.Look(Renderer.TableName);
        foreach (var cluster in Generators.Clusters.Draw(12))
        {
            var wanted = Renderer.Render(PolicyCompiler.CompileNode(cluster, "n1"), new() { Always = FlowLogging.Denied });
            kernel.Nftables.Commit(TableDiff.Between(kernel.Nftables.Read(Renderer.TableName), wanted));
            var (kernelTracer, wantedTracer) = (new PacketTracer(view), new PacketTracer(new TableStateView(wanted)));
            foreach (var (connection, chain) in Generators.Connections(cluster).Draw(20).SelectMany(c => new[] { (c, "forward"), (c, "input") }))
            {
                var (found, expected) = (kernelTracer.Trace(chain, connection), wantedTracer.Trace(chain, connection));
                Assert.AreEqual(string.Join('\n', expected.Steps), string.Join('\n', found.Steps), connection.ToString());
                Assert.AreEqual((expected.Passes, string.Join(',', expected.Counters)), (found.Passes, string.Join(',', found.Counters)), connection.ToString());
                steps += found.Steps.Count;
            }
        }
        Assert.IsGreaterThan(100, steps);
    }

    [TestMethod]
    public void A_rule_of_another_program_on_the_path_is_an_error()
    {
        using var kernel = new KernelNamespace();
        using var view = kernel.Look(Renderer.TableName);
        kernel.Nftables.Commit(TableDiff.Between(null, Renderer.Render(SmallRuleSet.Value)));
        kernel.Nft("insert rule inet netpol forward meta mark 5 accept");
        var (from, to) = (IpAddress.Parse("203.0.113.7"), IpAddress.Parse("203.0.113.8"));
        var error = Assert.ThrowsExactly<UnknownRuleException>(() => new PacketTracer(view).Trace("forward", new(from, to, Protocol.Tcp, 80)));
        Assert.Contains("forward", error.Message);
        Assert.IsNull(view.Find("no such set", new(KeyField.Ipv4Addr), 1, 0));
        Assert.IsNull(view.Counter("no such counter"));
        Assert.IsEmpty(view.Rules("no such chain"));
    }

    [TestMethod]
    public void What_others_did_to_the_table_is_undone_and_nothing_else_is_touched()
    {
        using var kernel = new KernelNamespace();
        var wanted = Renderer.Render(SmallRuleSet.Value);
        kernel.Nftables.Commit(TableDiff.Between(null, wanted));
        kernel.Nft("-f -", """
            table ip other { chain x { type filter hook input priority 0; policy accept; }; }
            flush chain inet netpol forward
            add rule inet netpol pod-ingress-4 meta mark 5 accept
            add set inet netpol marks { type mark; elements = { 5 }; }
            add chain inet netpol late { type nat hook postrouting priority 100; policy accept; }
            add counter inet netpol mine
            flush set inet netpol pod-ingress-4-subjects
            add element inet netpol pod-egress-4-subjects { 1.2.3.4 }
            """);
        kernel.Nftables.Commit(TableDiff.Between(kernel.Nftables.Read(wanted.Name), wanted));
        Assert.AreEqual(wanted, kernel.Nftables.Read(wanted.Name));
        Assert.IsTrue(TableDiff.Between(kernel.Nftables.Read(wanted.Name), wanted).IsEmpty);
        Assert.AreNotEqual("", kernel.Nft("list table ip other"));
    }

    /// <summary>nft lists objects in order of creation.</summary>
    private static string Sorted(string listing) => string.Join("\n\n", listing.Split("\n\t}").Select(o => o.Trim('\n', '}')).Order(StringComparer.Ordinal));
}
