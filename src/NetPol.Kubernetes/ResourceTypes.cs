using NetPol.Kubernetes.Objects;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;

namespace NetPol.Kubernetes;

/// <summary>The resource types that are read, each with its reader.</summary>
internal static class ResourceTypes
{
    public static NamespaceReader Namespaces { get; } = new();

    public static NodeReader Nodes { get; } = new();

    public static PodReader Pods { get; } = new();

    public static ServiceReader Services { get; } = new();

    public static EndpointSliceReader EndpointSlices { get; } = new();

    public static EndpointsReader Endpoints { get; } = new();

    /// <summary>The readers of the types that policies depend on, then those of Services and their endpoints.</summary>
    public static ValueArray<IObjectReader> Readers { get; } =
    [
        Namespaces,
        Nodes,
        Pods,
        new WorkloadReader("Deployment", "apps/v1"),
        new WorkloadReader("ReplicaSet", "apps/v1"),
        new WorkloadReader("StatefulSet", "apps/v1"),
        new WorkloadReader("DaemonSet", "apps/v1"),
        new WorkloadReader("Job", "batch/v1"),
        new WorkloadReader("CronJob", "batch/v1"),
        new NetworkPolicyReader(),
        new AdminPolicyReader(AdminPolicySchema.Admin),
        new AdminPolicyReader(AdminPolicySchema.Baseline),
        new AdminPolicyReader(AdminPolicySchema.Cluster),
        Services,
        EndpointSlices,
        Endpoints,
    ];

    /// <summary>The types that policies depend on.</summary>
    public static ValueArray<ResourceType> OfPolicies { get; } = Readers.Select(r => r.Type).Where(t => t.AffectsPolicies).ToValueArray();

    /// <summary>The reader of a kind, whatever its group; null for a kind that is not read.</summary>
    public static IObjectReader? FindReader(string kind)
    {
        foreach (var reader in Readers)
        {
            if (string.Equals(reader.Type.Kind, kind, StringComparison.Ordinal))
                return reader;
        }
        return null;
    }

    /// <summary>The type of a kind, whatever its group; null for a kind that is not read.</summary>
    public static ResourceType? Find(string kind) => FindReader(kind)?.Type;
}
