namespace NetPol.Testing.ApiServer;

/// <summary>A resource that <see cref="FakeApiServer"/> stores.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Versions">The served versions, the preferred one first.</param>
/// <param name="Plural">The name in paths.</param>
/// <param name="Kind">The kind of its objects.</param>
/// <param name="IsNamespaced">Whether its objects are in namespaces.</param>
/// <param name="HasStatus">Whether it has the subresource <c>status</c>. Writes to the object itself then keep the status.</param>
public sealed record ApiResource(string Group, string[] Versions, string Plural, string Kind, bool IsNamespaced, bool HasStatus = false)
{
    /// <summary>All resources. The policy kinds are served as <see cref="ApiDiscovery"/> says.</summary>
    public static IReadOnlyList<ApiResource> All { get; } =
    [
        new("", ["v1"], "namespaces", "Namespace", IsNamespaced: false, HasStatus: true),
        new("", ["v1"], "nodes", "Node", IsNamespaced: false, HasStatus: true),
        new("", ["v1"], "pods", "Pod", IsNamespaced: true, HasStatus: true),
        new("", ["v1"], "services", "Service", IsNamespaced: true, HasStatus: true),
        new("", ["v1"], "endpoints", "Endpoints", IsNamespaced: true),
        new("", ["v1"], "configmaps", "ConfigMap", IsNamespaced: true),
        new("", ["v1"], "secrets", "Secret", IsNamespaced: true),
        new("", ["v1"], "serviceaccounts", "ServiceAccount", IsNamespaced: true),
        new("", ["v1"], "events", "Event", IsNamespaced: true),
        new("coordination.k8s.io", ["v1"], "leases", "Lease", IsNamespaced: true),
        new("discovery.k8s.io", ["v1"], "endpointslices", "EndpointSlice", IsNamespaced: true),
        new("events.k8s.io", ["v1"], "events", "Event", IsNamespaced: true),
        new("networking.k8s.io", ["v1"], "networkpolicies", "NetworkPolicy", IsNamespaced: true),
        new(ApiDiscovery.Group, ["v1alpha1"], "adminnetworkpolicies", "AdminNetworkPolicy", IsNamespaced: false, HasStatus: true),
        new(ApiDiscovery.Group, ["v1alpha1"], "baselineadminnetworkpolicies", "BaselineAdminNetworkPolicy", IsNamespaced: false, HasStatus: true),
        new(ApiDiscovery.Group, ["v1beta1", "v1alpha2"], "clusternetworkpolicies", "ClusterNetworkPolicy", IsNamespaced: false, HasStatus: true),
    ];

    /// <summary>Whether the kind comes from a CustomResourceDefinition.</summary>
    public bool IsCustom => Group == ApiDiscovery.Group;

    /// <summary>The name in messages of the API server, such as <c>leases.coordination.k8s.io</c>.</summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>Returns the <c>apiVersion</c> of an object in a version.</summary>
    public string ApiVersion(string version) => Group.Length == 0 ? version : $"{Group}/{version}";
}

/// <summary>The resource, namespace, name and subresource of a request's path.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Version">The API version.</param>
/// <param name="Namespace">Null for objects of the cluster, and for the collection over all namespaces.</param>
/// <param name="Name">Null for a collection.</param>
/// <param name="Subresource">Null for the object itself.</param>
internal sealed record ResourcePath(ApiResource Resource, string Version, string? Namespace, string? Name, string? Subresource)
{
    /// <summary>The unique key of an object in its collection. The order of keys is the order of lists, as in etcd.</summary>
    public string Key => KeyOf(Namespace, Name!);

    public static string KeyOf(string? space, string name) => $"{space}/{name}";

    /// <summary>Returns the parts of a path, or null if it names no resource of <see cref="ApiResource.All"/>.</summary>
    public static ResourcePath? Parse(string path)
    {
        var parts = path.Trim('/').Split('/').Select(Uri.UnescapeDataString).ToArray();
        return parts switch
        {
            ["api", var version, .. var rest] => Parse("", version, rest),
            ["apis", var group, var version, .. var rest] => Parse(group, version, rest),
            _ => null,
        };
    }

    private static ResourcePath? Parse(string group, string version, string[] rest) => rest switch
    {
        ["namespaces", var name, "status"] => Create(group, version, null, "namespaces", name, "status"),
        ["namespaces", var space, var plural, .. var names] => Create(group, version, space, plural, names.ElementAtOrDefault(0), names.ElementAtOrDefault(1)),
        [var plural, .. var names] => Create(group, version, null, plural, names.ElementAtOrDefault(0), names.ElementAtOrDefault(1)),
        _ => null,
    };

    private static ResourcePath? Create(string group, string version, string? space, string plural, string? name, string? subresource) =>
        ApiResource.All.FirstOrDefault(r => r.Group == group && r.Plural == plural && r.Versions.Contains(version, StringComparer.Ordinal)) is { } resource
            ? new(resource, version, space, name, subresource)
            : null;
}
