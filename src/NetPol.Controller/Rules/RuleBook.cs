using System.Collections.Concurrent;
using NetPol.Compiler;
using NetPol.Controller.Metrics;
using NetPol.Model.Cluster;

namespace NetPol.Controller.Rules;

/// <summary>
/// The rules of every node, as they follow from the cluster's state. Written by one thread; read by any. A revision is counted for every
/// batch of changes, whether it changes a rule or not.
/// </summary>
internal sealed class RuleBook(WorkMeter meter, TimeProvider time)
{
    private readonly IncrementalCompiler _compiler = new();
    private readonly ConcurrentDictionary<string, NodePage> _pages = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _revision;

    /// <summary>Completes with the first batch, which is the whole state: before it nobody must be told anything.</summary>
    public Task Filled => _filled.Task;

    public long Revision => Interlocked.Read(ref _revision);

    /// <summary>The page of a node, also of one that nobody has heard of.</summary>
    public NodePage Page(string node) => _pages.GetOrAdd(node, name => new(name));

    /// <summary>Whether the node was ever told of by an object, or asked for by its agent.</summary>
    public bool Knows(string node) => _pages.ContainsKey(node);

    /// <summary>Takes a batch in.</summary>
    /// <param name="changes">The first time the whole state.</param>
    /// <param name="causedAt">When the oldest of the changes reached the controller.</param>
    /// <returns>The batch's revision, and how many nodes it changed.</returns>
    public (long Revision, int Nodes) Apply(ClusterChanges changes, DateTimeOffset causedAt)
    {
        var started = time.GetTimestamp();
        var deltas = _compiler.Apply(changes);
        meter.Compiled("compile", time.GetElapsedTime(started));
        started = time.GetTimestamp();
        // A node is known though nothing is to be said of it.
        foreach (var (name, node) in changes.Nodes)
            _ = node is null ? null : Page(name);
        var revision = _revision + 1;
        foreach (var delta in deltas)
            Page(delta.Node).Turn(new(revision, delta, causedAt), _compiler.RulesOf(delta.Node));
        Interlocked.Exchange(ref _revision, revision);
        meter.Compiled("publish", time.GetElapsedTime(started));
        _filled.TrySetResult();
        return (revision, deltas.Count);
    }
}
