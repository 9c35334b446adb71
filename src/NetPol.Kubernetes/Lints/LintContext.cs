using NetPol.Kubernetes.Manifests;
using NetPol.Kubernetes.Objects;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Lints;

/// <summary>The objects as lints ask for them.</summary>
internal sealed class LintContext
{
    public const string SystemNamespace = "kube-system";

    private const int MinNamespacesOfCluster = 3;

    /// <summary>Namespaces that every cluster has.</summary>
    private static readonly string[] BuiltInNamespaces = ["default", SystemNamespace, "kube-public", "kube-node-lease"];

    private readonly Dictionary<PodSelection, SelectedPods> _selected = [];
    private readonly ILookup<string, Pod> _pods;
    private readonly List<Namespace> _namespaces;

    public LintContext(ManifestSet cluster, ClusterSnapshot snapshot)
    {
        Manifests = cluster;
        Pods = [.. snapshot.Pods];
        Nodes = [.. snapshot.Nodes];
        _pods = snapshot.Pods.ToLookup(p => p.Id.Namespace, StringComparer.Ordinal);
        Declared = cluster.Namespaces.ConvertAll(n => n.Value);
        // A namespace that policies alone name may have any labels, or not exist.
        _namespaces = [.. Declared, .. snapshot.Namespaces.Where(n => _pods.Contains(n.Name) && !Declared.Exists(d => string.Equals(d.Name, n.Name, StringComparison.Ordinal)))];
        _namespaces.AddRange(BuiltInNamespaces.Where(a => !_namespaces.Exists(n => string.Equals(n.Name, a, StringComparison.Ordinal))).Select(a => NamespaceReader.Create(a, Labels.None)));
    }

    public ManifestSet Manifests { get; }

    public List<Pod> Pods { get; }

    public List<Node> Nodes { get; }

    public List<Service> Services => Manifests.Services;

    /// <summary>The Namespaces that are among the objects.</summary>
    public List<Namespace> Declared { get; }

    /// <summary>The declared namespaces, those of pods, and those that every cluster has.</summary>
    public IReadOnlyList<Namespace> Namespaces => _namespaces;

    /// <summary>Whether an object that is missing here is probably missing in the cluster: the objects are a cluster's, or a description of one.</summary>
    public bool DescribesCluster => Manifests.IsCluster || Nodes.Count > 0 || Declared.Count >= MinNamespacesOfCluster;

    /// <summary>The policies that were read without a fault, in the order read.</summary>
    public IEnumerable<(ObjectHeader Header, Policy Value)> Policies => Manifests.Policies.Where(p => p.Header.Report.FaultCount == 0);

    /// <summary>The namespaces and pods that a selection is about.</summary>
    public SelectedPods Select(PodSelection selection)
    {
        if (_selected.TryGetValue(selection, out var known))
            return known;
        var namespaces = selection.Namespace is { } name
            ? _namespaces.Where(n => string.Equals(n.Name, name, StringComparison.Ordinal)).Take(1).DefaultIfEmpty(NamespaceReader.Create(name, Labels.None)).ToList()
            : _namespaces.FindAll(n => selection.Namespaces.Matches(n.Labels));
        var there = namespaces.SelectMany(n => _pods[n.Name]).ToList();
        return _selected[selection] = new(namespaces, there, there.FindAll(p => selection.Pods.Matches(p.Labels)));
    }

    /// <summary>The Services that select a pod.</summary>
    public IEnumerable<Service> ServicesOf(Pod pod) =>
        Services.Where(s => s.Pods is { } selector && string.Equals(s.Namespace, pod.Id.Namespace, StringComparison.Ordinal) && selector.Matches(pod.Labels));
}

/// <summary>The part of a policy that a <see cref="PodSelection"/> belongs to.</summary>
/// <param name="Namespaces">The namespaces that are known.</param>
/// <param name="There">Every pod in them.</param>
/// <param name="Matching">Those whose labels match, also pods that no selector ever selects.</param>
internal sealed record SelectedPods(List<Namespace> Namespaces, List<Pod> There, List<Pod> Matching)
{
    private readonly HashSet<PodId> _ids = [.. Matching.Where(p => p.IsSelectable).Select(p => p.Id)];

    /// <summary>The pods that are selected.</summary>
    public List<Pod> Pods { get; } = Matching.FindAll(p => p.IsSelectable);

    public bool Holds(Pod pod) => _ids.Contains(pod.Id);
}
