using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Explain;

/// <summary>Finds the objects of a snapshot by address and name.</summary>
internal sealed class ClusterLookup
{
    private readonly Dictionary<IpAddress, List<Pod>> _pods;
    private readonly Dictionary<IpAddress, List<Pod>> _finished;
    private readonly Dictionary<string, Namespace> _namespaces;
    private readonly Dictionary<string, Node> _nodes;
    private readonly Dictionary<PolicyId, Policy> _policies;

    public ClusterLookup(ClusterSnapshot snapshot)
    {
        Snapshot = snapshot;
        _namespaces = snapshot.Namespaces.ToDictionary(n => n.Name, StringComparer.Ordinal);
        _nodes = snapshot.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        _policies = snapshot.Policies.ToDictionary(p => p.Id);
        _pods = ByAddress(snapshot.Pods.Where(p => p.IsSelectable));
        _finished = ByAddress(snapshot.Pods.Where(p => p is { Finished: true, HostNetwork: false }));
    }

    public ClusterSnapshot Snapshot { get; }

    /// <summary>Returns the selectable pods that have the address, by id.</summary>
    public List<Pod> PodsAt(IpAddress address) => _pods.GetValueOrDefault(address, []);

    /// <summary>Returns the pods that are subjects at the address, by id: the selectable ones, or the finished ones if there is none.</summary>
    public List<Pod> SubjectsAt(IpAddress address) => _pods.TryGetValue(address, out var pods) ? pods : _finished.GetValueOrDefault(address, []);

    /// <summary>Whether the pod is a subject at one of its addresses.</summary>
    public bool IsSubject(Pod pod) => pod.Addresses.Any(a => SubjectsAt(a).Exists(p => p.Id == pod.Id));

    public bool Selects(PodSelection selection, Pod pod)
    {
        if (selection.Namespace is { } name)
            return string.Equals(name, pod.Id.Namespace, StringComparison.Ordinal) && selection.Pods.Matches(pod.Labels);
        return _namespaces.TryGetValue(pod.Id.Namespace, out var space) && selection.Namespaces.Matches(space.Labels) &&
            selection.Pods.Matches(pod.Labels);
    }

    /// <summary>Returns the policy with the id. The snapshot must contain it.</summary>
    public Policy Policy(PolicyId id) => _policies[id];

    /// <summary>Returns the flow record request of a namespace. None for an unknown namespace.</summary>
    public FlowLogging LoggingOf(string space) => _namespaces.TryGetValue(space, out var found) ? found.Logging : FlowLogging.None;

    public bool IsKnownNamespace(string space) => _namespaces.ContainsKey(space);

    public bool IsNodeAddress(string node, IpAddress address) => _nodes.TryGetValue(node, out var found) && found.AllAddresses.Contains(address);

    /// <summary>Returns the node's labels. Null without a Node object.</summary>
    public Labels? NodeLabels(string node) => _nodes.TryGetValue(node, out var found) ? found.Labels : null;

    /// <summary>Returns a selected node with the address in its status. Null if there is none.</summary>
    public Node? FindNode(IpAddress address, LabelSelector selector)
    {
        foreach (var node in Snapshot.Nodes)
        {
            if (node.Addresses.Contains(address) && selector.Matches(node.Labels))
                return node;
        }
        return null;
    }

    /// <summary>Returns a selected node whose agent reports the address. Null if there is none.</summary>
    public Node? FindReportingNode(IpAddress address, LabelSelector selector) =>
        Snapshot.Nodes.FirstOrDefault(n => n.ReportedAddresses.Contains(address) && selector.Matches(n.Labels));

    private static Dictionary<IpAddress, List<Pod>> ByAddress(IEnumerable<Pod> pods)
    {
        var found = new Dictionary<IpAddress, List<Pod>>();
        foreach (var pod in pods)
        {
            foreach (var address in pod.Addresses.Distinct())
            {
                if (!found.TryGetValue(address, out var list))
                    found[address] = list = [];
                list.Add(pod);
            }
        }
        return found;
    }
}
