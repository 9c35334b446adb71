using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Watching;

/// <summary>What changed since the last batch, each object once with its latest state.</summary>
/// <param name="Changes">What the compiler needs.</param>
/// <param name="Policies">The policies of <paramref name="Changes"/> and those that are not enforced, with what their status needs; null where one is gone.</param>
/// <param name="OldestAt">When the oldest of the changes reached us.</param>
public sealed record WatchBatch(ClusterChanges Changes, ValueArray<KeyValuePair<PolicyId, WatchedPolicy?>> Policies, DateTimeOffset OldestAt);
