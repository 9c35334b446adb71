using System.Net;
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

    private ClusterObjects(List<(WatchedKind Kind, WatchedObject Object)> objects) => _objects = objects;

    /// <summary>Reads each kind as the server has it at that moment. A kind whose definition the cluster lacks has no objects.</summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">What answers is no API server.</exception>
    public static async Task<ClusterObjects> ReadAsync(KubernetesApi api, CancellationToken cancel)
    {
        var all = new List<(WatchedKind Kind, WatchedObject Object)>();
        foreach (var kind in WatchedKind.All)
        {
            try
            {
                var (objects, _) = await new ObjectPages(api, kind, nameless => throw nameless).ReadAsync(cancel).ConfigureAwait(false);
                all.AddRange(objects.Select(o => (kind, o)));
            }
            catch (KubernetesApiException absent) when (kind.IsOptional && absent.Status == HttpStatusCode.NotFound)
            {
                // The definition is not installed.
            }
        }
        return new(all);
    }

    /// <summary>
    /// Adds the objects to the world but for those that are there already under the same name, and pods that no packet can reach yet:
    /// one without an address is still being started.
    /// </summary>
    internal void AddTo(WrittenWorld world, List<Diagnostic> diagnostics)
    {
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
