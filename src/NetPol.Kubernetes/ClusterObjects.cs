using System.Text.Json;
using NetPol.Kubernetes.Lowering;
using NetPol.Kubernetes.Watching;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes;

/// <summary>The objects of a running cluster that policies depend on, as they were when they were read.</summary>
public sealed class ClusterObjects
{
    /// <summary>What the diagnostics of such objects have for a file.</summary>
    public const string Origin = LiveObject.Origin;

    private readonly List<(WatchedKind Kind, WatchedObject Object)> _objects;

    private readonly List<Diagnostic> _unread;

    private ClusterObjects(List<(WatchedKind Kind, WatchedObject Object)> objects, List<Diagnostic> unread) => (_objects, _unread) = (objects, unread);

    /// <summary>
    /// Reads each kind as the server has it at that moment, in the newest version that is served and read. A kind whose definition the cluster
    /// lacks has no objects. A kind that is served only in versions that are not read is an error of the objects.
    /// </summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">What answers is no API server.</exception>
    public static async Task<ClusterObjects> ReadAsync(KubernetesApi api, CancellationToken cancel)
    {
        var all = new List<(WatchedKind Kind, WatchedObject Object)>();
        var unread = new List<Diagnostic>();
        foreach (var kind in WatchedKind.All)
        {
            var served = kind.IsOptional ? await ServedVersion.FindAsync(api, kind, cancel).ConfigureAwait(false) : new(kind.NewestVersion, []);
            if (!served.Unread.IsEmpty)
                unread.Add(new("unread-version", Severity.Error, new(Origin, 0), kind.Kind.Name, "", UnreadVersions.Describe(kind.Kind.Name, served.Unread)));
            if (served.Version is not { } version)
                continue;
            var (objects, _) = await new ObjectPages(api, kind.PathOf(version), nameless => throw nameless).ReadAsync(cancel).ConfigureAwait(false);
            all.AddRange(objects.Select(o => (kind, o)));
        }
        return new(all, unread);
    }

    /// <summary>
    /// Adds the objects to the world but for those that are there already under the same name, and pods that no packet can reach yet:
    /// one without an address is still being started.
    /// </summary>
    internal void AddTo(WrittenWorld world, List<Diagnostic> diagnostics)
    {
        diagnostics.AddRange(_unread);
        world.IsCluster = true;
        var there = world.Objects.Select(o => (o.Kind, o.Id)).ToHashSet();
        foreach (var (kind, live) in _objects)
        {
            var id = live.Namespace.Length == 0 ? live.Name : $"{live.Namespace}/{live.Name}";
            if (!there.Contains((kind.Kind.Name, id)))
                LiveObject.Lower(kind.Kind, live, world, diagnostics);
        }
        world.Pods.RemoveAll(p => !there.Contains((p.Header.Kind, p.Header.Id)) && p.Value.Addresses.IsEmpty);
    }
}
