using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Compiler;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Sync;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol.RuleSets;
using NetPol.Protocol.Wire;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using NetPol.Testing.Infrastructure;
using static NetPol.Testing.Clusters.Make;
using Policy = NetPol.Model.Policies.Policy;

namespace NetPol.Controller.Tests.Sync;

/// <summary>One policy cannot be encoded, rendered or committed on a node: the node gets everything else, and the other nodes get that policy too.</summary>
[TestClass, TestCategory("Unit")]
public sealed class RejectedPolicyTests : IDisposable
{
    private static readonly Policy Bad = NetworkPolicy("b/bad", "app=db", ingress: [Allow(Anyone(), "80/TCP")]);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly PausedTimeProvider _time = new();
    private readonly RuleSetStore _store;
    private readonly FakeStream _stream = new();
    private readonly CancellationTokenSource _end = new();
    private ClusterSnapshot _cluster = ClusterSnapshot.Empty;
    private NodeRuleSet _enforced = NodeRuleSet.CreateEmpty("node-1");
    private readonly Channel<bool> _taken = Channel.CreateUnbounded<bool>();
    private int _refused;

    public RejectedPolicyTests() => _store = new(TestControllerMetrics.New(), _time);

    public required TestContext TestContext { get; init; }

    public void Dispose() => _end.Dispose();

    [TestMethod]
    public async Task A_policy_that_the_node_refuses_is_isolated_there_and_the_changes_of_others_go_on()
    {
        Apply(Start());
        var (run, agent) = (Session().RunAsync(_stream, _stream, CancellationToken.None), AgentAsync(Decides("bad")));
        await EnforcedAsync(_cluster);

        Apply(Start(Bad, NetworkPolicy("a/lock", ingress: [])));
        await EnforcedAsync(Isolated("bad"));
        var refused = _refused;
        // Others' changes are differences that the node takes.
        Apply(Start(Bad, NetworkPolicy("a/lock", ingress: [Allow(Anyone(), "1/TCP")]), NetworkPolicy("b/other", "app=other", ingress: [])));
        await EnforcedAsync(Isolated("bad"));
        Assert.AreEqual(refused, _refused);
        StringAssert.Contains(_store.Find("node-1")!.Isolation.Isolated[Bad.Id].Reason, "no rule of bad is taken here");
        Assert.AreEqual(PolicyCompiler.CompileNode(_cluster, "node-2"), _store.Find("node-2")!.Current.Rules, "the other node");

        // It changes, and is what it says.
        Apply(Start(Bad with { Ingress = [] }, NetworkPolicy("a/lock", ingress: [])));
        await EnforcedAsync(_cluster);
        Assert.IsEmpty(_store.Find("node-1")!.Isolation.Isolated);
        await EndAsync(run, agent);
    }

    [TestMethod]
    public async Task Of_the_first_state_too_the_policies_are_found_that_a_node_refuses()
    {
        Apply(Start(Bad, NetworkPolicy("b/worse", "app=other", ingress: [Allow(Anyone())]), NetworkPolicy("a/lock", ingress: [])));
        var (run, agent) = (Session().RunAsync(_stream, _stream, CancellationToken.None), AgentAsync(Decides("bad", "worse")));
        await EnforcedAsync(Isolated("bad", "worse"));
        await EndAsync(run, agent);
    }

    [TestMethod]
    public async Task A_single_rejection_isolates_no_pod()
    {
        Apply(Start());
        var once = true;
        var (run, agent) = (Session().RunAsync(_stream, _stream, CancellationToken.None), AgentAsync(rules => Decides("bad")(rules) is { } fault && once && !(once = false) ? fault : null));
        await EnforcedAsync(_cluster);
        Apply(Start(Bad));
        await EnforcedAsync(_cluster);
        Assert.IsEmpty(_store.Find("node-1")!.Isolation.Isolated);
        await EndAsync(run, agent);
    }

    [TestMethod]
    public async Task A_policy_that_cannot_be_encoded_is_isolated_and_the_changes_of_others_go_on()
    {
        Apply(Start());
        var session = Session((head, change) => change.Decisions.Added.Any(d => Names(d, "bad"))
            ? throw new InvalidOperationException("the test does not encode bad")
            : UpdateWriter.Write(head, change));
        var (run, agent) = (session.RunAsync(_stream, _stream, CancellationToken.None), AgentAsync(_ => null));
        await EnforcedAsync(_cluster);
        Apply(Start(Bad, NetworkPolicy("a/lock", ingress: [])));
        await EnforcedAsync(Isolated("bad"));
        Apply(Start(Bad, NetworkPolicy("a/lock", ingress: [Allow(Anyone(), "1/TCP")])));
        await EnforcedAsync(Isolated("bad"));
        Assert.AreEqual(0, _refused);
        await EndAsync(run, agent);
    }

    [TestMethod]
    public async Task A_report_from_an_observer_isolates_no_pod()
    {
        Apply(Start(Bad));
        var run = new AgentSession("node-1", "test", _store.Subscribe("node-1"), TestControllerMetrics.New(), _time, NullLogger.Instance) { IsAgent = false }
            .RunAsync(_stream, _stream, CancellationToken.None);
        await _stream.NextAsync();
        _stream.Failed(1);
        await _time.PassPauseAsync();
        await _stream.NextAsync();
        Assert.IsFalse(_store.Find("node-1")!.Isolation.IsSearching);
        Assert.IsEmpty(_store.Find("node-1")!.Isolation.Isolated);
        _stream.Hangup();
        await run.WaitAsync(Timeout, TestContext.CancellationToken);
    }

    private static Func<NodeRuleSet, string?> Decides(params string[] names) => rules =>
        rules.Decisions.Any(d => Names(d, names)) ? $"no rule of {string.Join(", ", names)} is taken here" : null;

    /// <summary>Whether a rule of one of them decides: their isolation is no rule.</summary>
    private static bool Names(NetPol.Model.RuleSets.Decision decision, params string[] names) => decision.Policy is { } policy && names.Contains(policy.Name, StringComparer.Ordinal);

    private static TestCluster Start(params Policy[] policies) => new TestCluster()
        .Pod("a/web", "10.0.0.1", "app=web").Pod("b/db", "10.0.0.2", "app=db").Pod("b/other", "10.0.0.3", "app=other").Pod("b/far", "10.0.0.4", "app=db", node: "node-2").WithPolicies(policies);

    private AgentSession Session(Func<UpdateHeader, NodeRuleSetDelta, IEnumerable<UpdatePart>>? encode = null) =>
        new("node-1", "test", _store.Subscribe("node-1"), TestControllerMetrics.New(), _time, NullLogger.Instance) { Encode = encode ?? UpdateWriter.Write };

    private ClusterSnapshot Isolated(params string[] names) => _cluster.WithIsolatedPolicies(
        _cluster.Policies.Where(p => names.Contains(p.Id.Name, StringComparer.Ordinal)).ToDictionary(p => p.Id, _ => IsolationDegree.AllowsNothing), "the test");

    private void Apply(TestCluster cluster)
    {
        var after = cluster.Snapshot;
        _store.Apply(ClusterDifference.Between(_cluster, after), _time.GetUtcNow());
        _cluster = after;
    }

    /// <summary>An agent that takes every update but those after which the rules have a fault.</summary>
    private async Task AgentAsync(Func<NodeRuleSet, string?> fault)
    {
        var reader = new UpdateReader("node-1");
        while (!_end.IsCancellationRequested)
        {
            if (reader.Add(await _stream.NextAsync(_end.Token)) is not var (head, change))
                continue;
            var rules = change.Apply(head.IsSnapshot ? NodeRuleSet.CreateEmpty("node-1") : Volatile.Read(ref _enforced));
            var error = fault(rules);
            if (error is null)
                Volatile.Write(ref _enforced, rules);
            else
                Interlocked.Increment(ref _refused);
            _taken.Writer.TryWrite(true);
            _stream.Report(new()
            {
                Ack = new() { Generation = head.Generation, Result = error is null ? Ack.Types.Result.Applied : Ack.Types.Result.Failed, Error = error ?? "" },
            });
        }
    }

    /// <summary>Waits until the node enforces what the cluster means, and no trial is under way.</summary>
    private async Task EnforcedAsync(ClusterSnapshot expected)
    {
        var rules = PolicyCompiler.CompileNode(expected, "node-1");
        do
        {
            while (Volatile.Read(ref _enforced) != rules)
                await _taken.Reader.ReadAsync(TestContext.CancellationToken).AsTask().WithinAsync($"the rules of {string.Join(", ", expected.Policies.Select(p => p.Id))}, after {_refused} refusals");
            Assert.IsTrue(SpinWait.SpinUntil(() => !_store.Find("node-1")!.Isolation.IsSearching, Timeout), "the search does not end");
        }
        while (Volatile.Read(ref _enforced) != rules);
    }

    private async Task EndAsync(Task run, Task agent)
    {
        _stream.Hangup();
        await run.WaitAsync(Timeout, TestContext.CancellationToken);
        await _end.CancelAsync();
        await agent.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
