using NetPol.Kubernetes.Objects.Common;

namespace NetPol.Kubernetes.Client;

/// <summary>A resource type that is listed and watched.</summary>
/// <param name="Reader">Reads its objects.</param>
/// <param name="Plural">Its name in paths.</param>
/// <param name="IsOptional">A custom resource, which a cluster may lack or serve in other versions: see <see cref="ServedVersion"/>.</param>
internal sealed record WatchedResource(IObjectReader Reader, string Plural, bool IsOptional = false)
{
    public static IReadOnlyList<WatchedResource> All { get; } =
    [
        Of("Namespace", "namespaces"),
        Of("Node", "nodes"),
        Of("Pod", "pods"),
        Of("NetworkPolicy", "networkpolicies"),
        Of("AdminNetworkPolicy", "adminnetworkpolicies") with { IsOptional = true },
        Of("BaselineAdminNetworkPolicy", "baselineadminnetworkpolicies") with { IsOptional = true },
        Of("ClusterNetworkPolicy", "clusternetworkpolicies") with { IsOptional = true },
    ];

    public ResourceType Type => Reader.Type;

    /// <summary>The newest version that is read.</summary>
    public string NewestVersion => Type.Versions.First();

    /// <summary>The path of the collection in all namespaces.</summary>
    public string PathOf(string version) => Type.Group.Length == 0 ? $"/api/{version}/{Plural}" : $"/apis/{Type.Group}/{version}/{Plural}";

    private static WatchedResource Of(string kind, string plural) => new(ResourceTypes.FindReader(kind)!, plural);
}
