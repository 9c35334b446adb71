using NetPol.Kubernetes.Policies;
using NetPol.Kubernetes.Reading;
using NetPol.Kubernetes.Workloads;
using NetPol.Model;

namespace NetPol.Kubernetes.Lowering;

/// <summary>A kind that policies depend on, and how it is read.</summary>
/// <param name="Name">The kind.</param>
/// <param name="ApiVersion">The version that people should write: the newest that is read.</param>
/// <param name="IsNamespaced">Whether it lives in a namespace.</param>
/// <param name="Lower">Adds an object of this kind to the world.</param>
internal sealed record KnownKind(string Name, string ApiVersion, bool IsNamespaced, Action<ObjectHeader, WrittenWorld> Lower)
{
    /// <summary>The group under which older clusters had the workloads. Its NetworkPolicies are no longer served by any.</summary>
    private const string FormerGroup = "extensions";

    public static ValueArray<KnownKind> All { get; } =
    [
        new("Namespace", "v1", IsNamespaced: false, ClusterLowering.Namespace),
        new("Node", "v1", IsNamespaced: false, ClusterLowering.Node),
        new("Pod", "v1", IsNamespaced: true, PodLowering.Pod),
        new("Deployment", "apps/v1", IsNamespaced: true, WorkloadLowering.Lower),
        new("ReplicaSet", "apps/v1", IsNamespaced: true, WorkloadLowering.Lower),
        new("StatefulSet", "apps/v1", IsNamespaced: true, WorkloadLowering.Lower),
        new("DaemonSet", "apps/v1", IsNamespaced: true, WorkloadLowering.Lower),
        new("Job", "batch/v1", IsNamespaced: true, WorkloadLowering.Lower),
        new("CronJob", "batch/v1", IsNamespaced: true, WorkloadLowering.Lower),
        new("NetworkPolicy", "networking.k8s.io/v1", IsNamespaced: true, NetworkPolicyLowering.Lower),
        new("AdminNetworkPolicy", "policy.networking.k8s.io/v1alpha1", IsNamespaced: false, AdminPolicyLowering.Admin),
        new("BaselineAdminNetworkPolicy", "policy.networking.k8s.io/v1alpha1", IsNamespaced: false, AdminPolicyLowering.Baseline),
        new("ClusterNetworkPolicy", "policy.networking.k8s.io/v1beta1", IsNamespaced: false, AdminPolicyLowering.Cluster) { Older = "v1alpha2" },
    ];

    public string Group => GroupOf(ApiVersion);

    /// <summary>The version before <see cref="ApiVersion"/> where it is read as well; otherwise null. Objects of both have one schema.</summary>
    public string? Older { get; init; }

    /// <summary>The versions of the group that are read, without the group, the newest first.</summary>
    public IEnumerable<string> Versions => Older is null ? [VersionOf(ApiVersion)] : [VersionOf(ApiVersion), Older];

    public bool IsPolicy => Name.EndsWith("NetworkPolicy", StringComparison.Ordinal);

    public static string GroupOf(string apiVersion) =>
        apiVersion.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? apiVersion[..slash] : "";

    /// <summary>Whether objects of an <c>apiVersion</c> of this kind are read.</summary>
    public bool Reads(string apiVersion) =>
        string.Equals(GroupOf(apiVersion), Group, StringComparison.Ordinal) && Versions.Contains(VersionOf(apiVersion), StringComparer.Ordinal);

    public static KnownKind? Find(string name)
    {
        foreach (var kind in All)
        {
            if (string.Equals(kind.Name, name, StringComparison.Ordinal))
                return kind;
        }
        return null;
    }

    /// <summary>Whether an object of this kind in this group is this kind and not one of the same name from elsewhere.</summary>
    public bool IsAt(string group) => string.Equals(group, Group, StringComparison.Ordinal) || (!IsPolicy && string.Equals(group, FormerGroup, StringComparison.Ordinal));

    private static string VersionOf(string apiVersion) => apiVersion[(apiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..];

    public string? CheckName(string name) =>
        string.Equals(Name, "Namespace", StringComparison.Ordinal) ? Syntax.NamespaceName(name) : Syntax.ObjectName(name);
}
