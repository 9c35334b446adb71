using NetPol.Kubernetes.Objects.Common;

namespace NetPol.Kubernetes.Manifests;

/// <summary>Policies that other programs enforce. They are not read, and may change the answer.</summary>
internal static class ForeignPolicies
{
    /// <summary>Where other programs have policies: a group here is never a misspelled one of ours.</summary>
    private static readonly string[] Groups =
    [
        "cilium.io", "projectcalico.org", "crd.projectcalico.org", "crd.antrea.io", "controlplane.antrea.io", "security.antrea.tanzu.com", "k8s.cni.cncf.io",
        "network.openshift.io", "k8s.ovn.org", "networking.k8s.aws", "vpcresources.k8s.aws", "security.istio.io", "policy.linkerd.io",
    ];

    /// <summary>Kinds whose names do not say that they are network policies.</summary>
    private static readonly string[] Kinds = ["AuthorizationPolicy", "ClusterPolicyEndpoint", "EgressFirewall", "NetNamespace", "PolicyEndpoint", "SecurityGroupPolicy"];

    /// <summary>Whether a group is that of another program.</summary>
    public static bool IsGroup(string group) => Groups.Contains(group, StringComparer.Ordinal);

    /// <summary>Whether objects of a kind that is not read decide about connections.</summary>
    public static bool IsPolicy(string kind, string group) =>
        kind.EndsWith("NetworkPolicy", StringComparison.Ordinal) || (IsGroup(group) && Kinds.Contains(kind, StringComparer.Ordinal));

    /// <summary>What to say about an object of such a kind.</summary>
    public static string Message(string kind, string apiVersion, ResourceType? meant) =>
        $"a {kind} of {apiVersion} is not read, and may change the answer where another program enforces it: " +
        (meant is null ? "the answer is that of the Kubernetes policies alone" : $"to have it judged here, write a {meant.Kind} of {meant.ApiVersion}");
}
