using NetPol.Agent.Health;
using NetPol.Compiler;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Security;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Nftables.Fake;
using NetPol.Protocol;
using NetPol.Protocol.RuleSets;
using NetPol.Protocol.Wire;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;

namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>What an agent makes of what a controller says, over TLS.</summary>
[TestClass, TestCategory("Unit")]
public sealed class RuleSetClientTests
{
    private static readonly NodeRuleSet First = Generators.Clusters.Draw(200).SelectMany(w => (IEnumerable<NodeRuleSet>)PolicyCompiler.Compile(w))
        .First(r => !r.PodIngress.PolicyEntries.IsEmpty && !r.PodIngress.Peers.IsEmpty);

    private static readonly NodeRuleSet Second = First with { NodeAddresses = [new(IpFamily.V4, 1)] };

    [TestMethod]
    public async Task Enforces_a_snapshot_and_the_differences_after_it()
    {
        await using var controller = await ScriptedController.StartAsync();
        await using var node = Node(controller);
        await node.StartAsync();
        var stream = await controller.NextAsync();
        Assert.AreEqual(First.Node, stream.Hello.Node);
        await SendFirstAsync(stream);
        node.AssertHolds(First);
        await stream.SendAsync(2, 1, NodeRuleSetDelta.Between(First, Second));
        AssertApplied(2, await stream.AckAsync());
        node.AssertHolds(Second);
        Assert.IsNull(node.Readiness.Check());
    }

    [TestMethod]
    public async Task A_policy_whose_rules_multiply_gets_through_whole_and_what_changes_after_it_too()
    {
        // The NetworkPolicy of the attack review: one update of it was larger than any message that an agent took, so no update came ever after.
        var cluster = MultiplyingPolicies.OfNetworks(rules: 60, ranges: 120);
        var rules = PolicyCompiler.CompileNode(cluster, MultiplyingPolicies.Node);
        var lockedDown = PolicyCompiler.CompileNode(MultiplyingPolicies.WithNeighborLockedDown(cluster), MultiplyingPolicies.Node);
        await using var controller = await ScriptedController.StartAsync();
        using var channel = ControllerChannel.Open($"127.0.0.1:{controller.Port}", new ControllerOptions().TlsName, controller.Authorities);
        using var call = channel.Sync("token", CancellationToken.None);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = MultiplyingPolicies.Node, Agent = "test" } });
        var stream = await controller.NextAsync();
        var reader = new UpdateReader(MultiplyingPolicies.Node);
        var sending = stream.SendAsync(1, 0, FromNothing(rules));
        Assert.AreEqual(rules, (await NextAsync()).Apply(NodeRuleSet.CreateEmpty(MultiplyingPolicies.Node)));
        await sending;
        sending = stream.SendAsync(2, 1, NodeRuleSetDelta.Between(rules, lockedDown));
        Assert.AreEqual(lockedDown, (await NextAsync()).Apply(rules));
        await sending;

        async Task<NodeRuleSetDelta> NextAsync()
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                if (reader.Add(call.ResponseStream.Current) is { } update)
                    return update.Change;
            }
            throw new AssertFailedException("the stream ended before an update was whole");
        }
    }

    [TestMethod]
    public async Task An_update_in_many_parts_is_programmed_whole_and_what_changes_after_it_too()
    {
        var cluster = MultiplyingPolicies.OfNetworks(rules: 8, ranges: 19);
        var rules = PolicyCompiler.CompileNode(cluster, MultiplyingPolicies.Node);
        var lockedDown = PolicyCompiler.CompileNode(MultiplyingPolicies.WithNeighborLockedDown(cluster), MultiplyingPolicies.Node);
        Assert.IsGreaterThan(1, UpdateWriter.Write(new(1, 0, null), FromNothing(rules)).Count());
        await using var controller = await ScriptedController.StartAsync();
        await using var node = new TestAgent(MultiplyingPolicies.Node, controller.Port, "token", controller.Authorities);
        await node.StartAsync();
        var stream = await controller.NextAsync();
        await stream.SendAsync(1, 0, FromNothing(rules));
        AssertApplied(1, await stream.AckAsync());
        Assert.AreEqual(rules, node.Rules);
        await stream.SendAsync(2, 1, NodeRuleSetDelta.Between(rules, lockedDown));
        AssertApplied(2, await stream.AckAsync());
        Assert.AreEqual(lockedDown, node.Rules);
    }

    [TestMethod]
    public async Task Enforces_on_when_the_stream_ends_and_changes_nothing_that_the_next_controller_says_too()
    {
        await using var controller = await ScriptedController.StartAsync();
        await using var node = Node(controller);
        var stream = await FollowedAsync(controller, node);
        stream.End();
        var commits = node.Nftables.Commits;
        stream = await controller.NextAsync();
        node.AssertHolds(First);
        await SendFirstAsync(stream);
        Assert.AreEqual(commits, node.Nftables.Commits, "the kernel was changed though nothing did");
    }

    /// <summary>As while replicas of two versions run, which may compile one cluster to different rules.</summary>
    [TestMethod]
    public async Task Of_controllers_that_differ_a_node_has_the_rules_of_the_one_that_it_follows_and_of_no_other()
    {
        NodeRuleSet[] versions = [First with { PodIngress = EnforcementRules.Empty }, First with { PodEgress = EnforcementRules.Empty }];
        await using var controller = await ScriptedController.StartAsync();
        await using var node = Node(controller);
        var stream = await FollowedAsync(controller, node);
        foreach (var rules in versions.Concat(versions))
        {
            stream.End();
            stream = await controller.NextAsync();
            await stream.SendAsync(1, 0, FromNothing(rules));
            AssertApplied(1, await stream.AckAsync());
            node.AssertHolds(rules);
            Assert.AreEqual(rules, node.Rules);
        }
    }

    [TestMethod]
    public async Task A_stream_that_outlives_its_token_is_followed_by_one_with_the_next_and_that_is_no_failure()
    {
        await using var controller = await ScriptedController.StartAsync();
        await using var node = Node(controller);
        var stream = await FollowedAsync(controller, node);
        var commits = node.Nftables.Commits;
        node.Renew("renewed");
        stream.Refuse();
        stream = await controller.NextAsync();
        Assert.AreEqual("Bearer renewed", stream.Proof);
        node.AssertHolds(First);
        await SendFirstAsync(stream);
        Assert.AreEqual(commits, node.Nftables.Commits, "the kernel was changed though nothing did");
        Assert.DoesNotContain(l => l.StartsWith("Warning", StringComparison.Ordinal), node.Log.Lines);
    }

    [TestMethod]
    public async Task A_restart_takes_over_what_is_in_the_kernel()
    {
        await using var controller = await ScriptedController.StartAsync();
        var kernel = new FakeNftables();
        await using (var before = Node(controller, kernel))
        {
            await FollowedAsync(controller, before);
        }
        var commits = kernel.Commits;
        await using var after = Node(controller, kernel);
        await after.StartAsync();
        var stream = await controller.NextAsync();
        after.AssertHolds(First);
        await SendFirstAsync(stream);
        Assert.AreEqual(commits, kernel.Commits);
    }

    [TestMethod]
    public async Task What_does_not_fit_is_refused_whole_and_a_snapshot_heals()
    {
        await using var controller = await ScriptedController.StartAsync();
        await using var node = Node(controller);
        var stream = await FollowedAsync(controller, node);
        // Removes what is not there; then a rule set whose parts do not belong together.
        await stream.SendAsync(2, 1, NodeRuleSetDelta.Between(Second, First));
        AssertFailed(2, await stream.AckAsync());
        Assert.AreEqual(ReadinessCheck.NotReadyCause.UpdateRejected, node.Readiness.Check()?.Cause);
        node.AssertHolds(First);
        await stream.SendAsync(3, 0, FromNothing(First with { PortPolicies = [] }));
        AssertFailed(3, await stream.AckAsync());
        node.AssertHolds(First);
        await stream.SendAsync(4, 0, FromNothing(Second));
        AssertApplied(4, await stream.AckAsync());
        Assert.IsNull(node.Readiness.Check());
        node.AssertHolds(Second);
    }

    [TestMethod]
    public async Task Garbage_ends_the_stream_and_harms_nothing()
    {
        await using var controller = await ScriptedController.StartAsync();
        await using var node = Node(controller);
        var stream = await FollowedAsync(controller, node);
        foreach (var garbage in Garbage())
        {
            await stream.SendAsync(garbage);
            Assert.IsNull(await stream.AckAsync(), $"{garbage}");
            stream.End();
            node.AssertHolds(First);
            stream = await controller.NextAsync();
            await SendFirstAsync(stream);
        }
    }

    [TestMethod]
    public async Task A_controller_of_another_authority_is_not_followed_and_the_failure_is_reported_once()
    {
        await using var controller = await ScriptedController.StartAsync();
        var other = CertificatePem.Bundle(CertificateRenewal.Renew(null, new ControllerOptions().TlsName, DateTimeOffset.UtcNow));
        await using var node = new TestAgent(First.Node, controller.Port, "token", other);
        var opened = controller.NextAsync();
        await node.StartAsync();
        for (var tries = 0; tries < 3; tries++)
            await controller.HandshakeAsync();
        Assert.IsFalse(opened.IsCompleted);
        Assert.IsNull(node.Rules);
        var reported = Assert.ContainsSingle(node.Log.Lines);
        Assert.Contains("certificate", reported);
        Assert.Contains("Nothing is enforced on this node: table inet netpol is missing", reported);
    }

    [TestMethod]
    public async Task An_agent_is_not_ready_after_ten_minutes_without_a_controller()
    {
        await using var controller = await ScriptedController.StartAsync();
        await using var node = Node(controller);
        var stream = await FollowedAsync(controller, node);
        for (var outage = 0; outage < 3; outage++)
        {
            stream.End();
            stream = await controller.NextAsync();
            node.ReadinessTime.Advance(TimeSpan.FromMinutes(9));
            Assert.IsNull(node.Readiness.Check());
            await SendFirstAsync(stream);
        }
        stream.End();
        stream = await controller.NextAsync();
        node.ReadinessTime.Advance(TimeSpan.FromMinutes(10));
        Assert.AreEqual("no controller for 10 minutes, the rules of that time stay in place: the controller ended the stream", node.Readiness.Check()?.Reason);
        node.AssertHolds(First);
        await SendFirstAsync(stream);
        Assert.IsNull(node.Readiness.Check());
    }

    [TestMethod]
    public async Task An_update_whose_entries_cannot_be_read_is_refused_and_the_next_is_enforced()
    {
        await using var controller = await ScriptedController.StartAsync();
        await using var node = Node(controller);
        var stream = await FollowedAsync(controller, node);
        await stream.SendAsync(new() { Generation = 2, Base = 1, Last = true, Added = ReadyPod([1, 2, 3]) });
        AssertFailed(2, await stream.AckAsync());
        node.AssertHolds(First);
        await stream.SendAsync(3, 0, FromNothing(Second));
        AssertApplied(3, await stream.AckAsync());
        node.AssertHolds(Second);
    }

    private static IEnumerable<UpdatePart> Garbage()
    {
        yield return new();
        yield return new() { Generation = 9, Base = 8, Last = true };
    }

    private static Entries ReadyPod(byte[] address) => new() { ReadyPods = { Google.Protobuf.ByteString.CopyFrom(address) } };

    private static TestAgent Node(ScriptedController controller, FakeNftables? kernel = null) => new(First.Node, controller.Port, "token", controller.Authorities, kernel);

    /// <summary>Starts the agent and sends it the first rules.</summary>
    private static async Task<ScriptedController.Stream> FollowedAsync(ScriptedController controller, TestAgent node)
    {
        await node.StartAsync();
        var stream = await controller.NextAsync();
        await SendFirstAsync(stream);
        return stream;
    }

    private static async Task SendFirstAsync(ScriptedController.Stream stream)
    {
        await stream.SendAsync(1, 0, FromNothing(First));
        AssertApplied(1, await stream.AckAsync());
    }

    private static NodeRuleSetDelta FromNothing(NodeRuleSet rules) => NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty(rules.Node), rules);

    private static void AssertApplied(ulong generation, Ack? ack)
    {
        Assert.IsNotNull(ack);
        Assert.AreEqual((generation, Ack.Types.Result.Applied, ""), (ack.Generation, ack.Result, ack.Error));
    }

    private static void AssertFailed(ulong generation, Ack? ack)
    {
        Assert.IsNotNull(ack);
        Assert.AreEqual((generation, Ack.Types.Result.Failed), (ack.Generation, ack.Result));
        Assert.IsNotEmpty(ack.Error);
    }
}
