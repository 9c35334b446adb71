using NetPol.Kubernetes.Lowering;

namespace NetPol.Kubernetes.Watching;

/// <summary>A kind that is watched.</summary>
/// <param name="Kind">How it is read.</param>
/// <param name="Plural">Its resource.</param>
/// <param name="IsOptional">A custom resource, which a cluster may lack or serve in other versions: see <see cref="ServedVersion"/>.</param>
internal sealed record WatchedKind(KnownKind Kind, string Plural, bool IsOptional = false)
{
    public static IReadOnlyList<WatchedKind> All { get; } =
    [
        Of("Namespace", "namespaces"),
        Of("Node", "nodes"),
        Of("Pod", "pods"),
        Of("NetworkPolicy", "networkpolicies"),
        Of("AdminNetworkPolicy", "adminnetworkpolicies") with { IsOptional = true },
        Of("BaselineAdminNetworkPolicy", "baselineadminnetworkpolicies") with { IsOptional = true },
        Of("ClusterNetworkPolicy", "clusternetworkpolicies") with { IsOptional = true },
    ];

    /// <summary>The newest version that is read.</summary>
    public string NewestVersion => Kind.Versions.First();

    /// <summary>The path of the collection in all namespaces.</summary>
    public string PathOf(string version) => Kind.Group.Length == 0 ? $"/api/{version}/{Plural}" : $"/apis/{Kind.Group}/{version}/{Plural}";

    private static WatchedKind Of(string kind, string plural) => new(KnownKind.Find(kind)!, plural);
}
