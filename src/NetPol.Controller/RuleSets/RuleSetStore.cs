using System.Collections.Immutable;
using NetPol.Compiler;
using NetPol.Compiler.Budgets;
using NetPol.Controller.Metrics;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Controller.RuleSets;

/// <summary>
/// The rules of every node, compiled from the cluster's state. One thread writes; any thread reads. Every batch of changes is a revision,
/// whether it changes a rule or not.
/// </summary>
/// <param name="meter">Gets the times of compilation.</param>
/// <param name="time">The clock.</param>
/// <param name="inspect">As in <see cref="IncrementalCompiler"/>: tests make policies fail by it.</param>
/// <param name="budget">What the NetworkPolicies of a namespace may cost; null for the defaults.</param>
internal sealed class RuleSetStore(ControllerMetrics meter, TimeProvider time, Action<Policy>? inspect = null, NamespaceBudget? budget = null)
{
    private readonly IncrementalCompiler _compiler = new(inspect, budget ?? NamespaceBudget.Default);
    private readonly Lock _compiling = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ValueArray<ExceededBudget> _exceeded;
    private long _revision;
    private volatile IReadOnlyDictionary<PolicyId, PolicyIsolation> _isolated = ImmutableDictionary<PolicyId, PolicyIsolation>.Empty;
    private volatile Exception? _fault;

    /// <summary>The policies that are isolated because compiling them fails.</summary>
    public IReadOnlyDictionary<PolicyId, PolicyIsolation> Isolated => _isolated;

    /// <summary>Why the cluster cannot be compiled, even with all policies isolated; null when it can.</summary>
    public Exception? CompilationError => _fault;

    /// <summary>Completes with the first batch, which is the whole state. Before it no client must get rules.</summary>
    public Task InitialSync => _filled.Task;

    public long Revision => Interlocked.Read(ref _revision);

    /// <summary>
    /// The cluster that the rules are compiled from, at <see cref="Revision"/> or later. Reading it delays the next batch by some
    /// milliseconds in a large cluster.
    /// </summary>
    public ClusterSnapshot Cluster
    {
        get
        {
            lock (_compiling)
                return _compiler.Cluster;
        }
    }

    /// <summary>The namespaces whose NetworkPolicies cost more than the budget at <see cref="Revision"/> and are isolated, by name.</summary>
    public ValueArray<ExceededBudget> ExceededBudgets
    {
        get
        {
            lock (_lock)
                return _exceeded;
        }
    }

    /// <summary>Returns the history of a node; null when the node does not exist, has no rules and no client is subscribed to it.</summary>
    public NodeRuleSetHistory? Find(string node)
    {
        lock (_lock)
            return _entries.GetValueOrDefault(node)?.History;
    }

    /// <summary>Returns the history of a node, which may be unknown, and keeps it up to date until <see cref="Unsubscribe"/>.</summary>
    public NodeRuleSetHistory Subscribe(string node)
    {
        lock (_lock)
        {
            var entry = GetEntry(node);
            entry.Clients++;
            return entry.History;
        }
    }

    /// <summary>Ends one <see cref="Subscribe"/>.</summary>
    public void Unsubscribe(string node)
    {
        lock (_lock)
        {
            _entries[node].Clients--;
            RemoveUnused(node);
        }
    }

    /// <summary>Compiles a batch and publishes the changes of each node.</summary>
    /// <param name="changes">The first time the whole state.</param>
    /// <param name="causedAt">When the oldest of the changes reached the controller.</param>
    /// <returns>The batch's revision, and how many nodes it changed.</returns>
    public (long Revision, int Nodes) Apply(ClusterChanges changes, DateTimeOffset causedAt)
    {
        var started = time.GetTimestamp();
        ValueArray<NodeRuleSetDelta> deltas;
        lock (_compiling)
        {
            deltas = _compiler.Apply(changes);
            (_isolated, _fault) = (_compiler.IsolatedPolicies, _compiler.Failure);
        }
        meter.RecordCompilation("compile", time.GetElapsedTime(started));
        started = time.GetTimestamp();
        var revision = _revision + 1;
        lock (_lock)
        {
            _exceeded = _compiler.ExceededBudgets;
            foreach (var (name, node) in changes.Nodes)
                GetEntry(name).IsThere = node is not null;
            foreach (var delta in deltas)
                GetEntry(delta.Node).History.Publish(new(revision, delta, causedAt), _compiler.RulesOf(delta.Node));
            foreach (var name in changes.Nodes.Select(n => n.Key).Concat(deltas.Select(d => d.Node)))
                RemoveUnused(name);
        }
        Interlocked.Exchange(ref _revision, revision);
        meter.RecordCompilation("publish", time.GetElapsedTime(started));
        _filled.TrySetResult();
        return (revision, deltas.Count);
    }

    private Entry GetEntry(string node)
    {
        if (!_entries.TryGetValue(node, out var entry))
            _entries[node] = entry = new(new(node, new(node, () => Cluster)));
        return entry;
    }

    private void RemoveUnused(string node)
    {
        if (_entries.TryGetValue(node, out var entry) && !entry.IsThere && entry.Clients == 0 &&
            entry.History.Current.Rules == NodeRuleSet.CreateEmpty(node))
            _entries.Remove(node);
    }

    private sealed class Entry(NodeRuleSetHistory history)
    {
        public NodeRuleSetHistory History { get; } = history;

        /// <summary>Whether there is such a Node object.</summary>
        public bool IsThere { get; set; }

        public int Clients { get; set; }
    }
}
