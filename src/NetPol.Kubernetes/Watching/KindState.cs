using NetPol.Model;

namespace NetPol.Kubernetes.Watching;

/// <summary>How the watch of one kind fares.</summary>
/// <param name="Kind">The kind's name.</param>
/// <param name="IsSynced">Whether all objects of it are known.</param>
/// <param name="Objects">How many are known.</param>
/// <param name="Pending">How many have changed since the last batch was taken.</param>
/// <param name="HeardAt">When the API server last told of the kind; null before it ever did.</param>
/// <param name="Version">The version that is watched; null before the API server told what it serves, and when it serves none that is read.</param>
/// <param name="Unread">The versions that the API server serves where none of them is read; otherwise empty.</param>
public sealed record KindState(string Kind, bool IsSynced, int Objects, int Pending, DateTimeOffset? HeardAt, string? Version, ValueArray<string> Unread);
