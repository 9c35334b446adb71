using System.Text.Json;
using NetPol.Kubernetes.Client;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Manifests;

/// <summary>The objects of a running cluster that policies depend on, as they were when they were read.</summary>
public sealed class ClusterObjects
{
    /// <summary>The text that diagnostics of such objects show instead of a file name.</summary>
    public const string Origin = ReceivedObjectReader.DiagnosticOrigin;

    private readonly List<(WatchedResource Resource, ReceivedObject Object)> _objects;

    private readonly List<Diagnostic> _unread;

    private ClusterObjects(List<(WatchedResource Resource, ReceivedObject Object)> objects, List<Diagnostic> unread) => (_objects, _unread) = (objects, unread);

    /// <summary>
    /// Reads each kind as the server has it at that moment, in the newest version that is served and read. A kind whose definition the cluster
    /// lacks has no objects. A kind that is served only in versions that are not read is an error of the objects.
    /// </summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">What answers is no API server.</exception>
    public static async Task<ClusterObjects> ReadAsync(KubernetesApi api, CancellationToken cancel)
    {
        var all = new List<(WatchedResource Resource, ReceivedObject Object)>();
        var unread = new List<Diagnostic>();
        foreach (var resource in WatchedResource.All)
        {
            var served = resource.IsOptional ? await ServedVersion.DiscoverAsync(api, resource, cancel).ConfigureAwait(false) : new(resource.NewestVersion, []);
            if (!served.Unsupported.IsEmpty)
                unread.Add(new("unread-version", Severity.Error, new(Origin, 0), resource.Type.Kind, "", UnsupportedVersions.Describe(resource.Type.Kind, served.Unsupported)));
            if (served.Version is not { } version)
                continue;
            var (objects, _) = await new ObjectLister(api, resource.PathOf(version), nameless => throw nameless).ListAsync(cancel).ConfigureAwait(false);
            all.AddRange(objects.Select(o => (resource, o)));
        }
        return new(all, unread);
    }

    /// <summary>
    /// Adds the objects to the cluster, except those whose name it already has, and pods without an address: such a pod
    /// is still starting, and no packet can reach it.
    /// </summary>
    internal void AddTo(ManifestSet manifests, List<Diagnostic> diagnostics)
    {
        diagnostics.AddRange(_unread);
        manifests.IsCluster = true;
        var there = manifests.Objects.Select(o => (o.Kind, o.Id)).ToHashSet();
        foreach (var (resource, live) in _objects)
        {
            if (!there.Contains((resource.Type.Kind, live.Id)) && ReceivedObjectReader.Parse(resource.Type, live, diagnostics) is { } body)
                manifests.Add(resource.Reader, body);
        }
        manifests.Pods.RemoveAll(p => !there.Contains((p.Header.Kind, p.Header.Id)) && p.Value.Pod.Addresses.IsEmpty);
    }
}
