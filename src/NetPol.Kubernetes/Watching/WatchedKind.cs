using NetPol.Kubernetes.Lowering;

namespace NetPol.Kubernetes.Watching;

/// <summary>A kind that is watched, and where it is served.</summary>
/// <param name="Kind">How it is read.</param>
/// <param name="Path">The path of the collection in all namespaces.</param>
/// <param name="IsOptional">A custom resource, which a cluster may lack.</param>
internal sealed record WatchedKind(KnownKind Kind, string Path, bool IsOptional = false)
{
    public static IReadOnlyList<WatchedKind> All { get; } =
    [
        Core("Namespace", "namespaces"),
        Core("Node", "nodes"),
        Core("Pod", "pods"),
        Of("NetworkPolicy", "networkpolicies") with { IsOptional = false },
        Of("AdminNetworkPolicy", "adminnetworkpolicies"),
        Of("BaselineAdminNetworkPolicy", "baselineadminnetworkpolicies"),
        Of("ClusterNetworkPolicy", "clusternetworkpolicies"),
    ];

    private static WatchedKind Core(string kind, string plural) => new(KnownKind.Find(kind)!, $"/api/v1/{plural}");

    private static WatchedKind Of(string kind, string plural)
    {
        var known = KnownKind.Find(kind)!;
        return new(known, $"/apis/{known.ApiVersion}/{plural}", IsOptional: true);
    }
}
