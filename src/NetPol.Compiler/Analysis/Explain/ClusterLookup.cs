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

    /// <summary>The selectable pods that have the address, by id.</summary>
    public List<Pod> PodsAt(IpAddress address) => _pods.GetValueOrDefault(address, []);

    /// <summary>The pods to which policies apply at the address, by id: the selectable ones; where there is none, the finished ones.</summary>
    public List<Pod> SubjectsAt(IpAddress address) => _pods.TryGetValue(address, out var pods) ? pods : _finished.GetValueOrDefault(address, []);

    public bool Selects(PodSelection selection, Pod pod)
    {
        if (selection.Namespace is { } name)
            return string.Equals(name, pod.Id.Namespace, StringComparison.Ordinal) && selection.Pods.Matches(pod.Labels);
        return _namespaces.TryGetValue(pod.Id.Namespace, out var space) && selection.Namespaces.Matches(space.Labels) &&
            selection.Pods.Matches(pod.Labels);
    }

    /// <summary>The policy of that id, which the snapshot has.</summary>
    public Policy Policy(PolicyId id) => _policies[id];

    /// <summary>What a namespace asks for; nothing while it is not known.</summary>
    public FlowLogging LoggingOf(string space) => _namespaces.TryGetValue(space, out var found) ? found.Logging : FlowLogging.None;

    public bool IsKnownNamespace(string space) => _namespaces.ContainsKey(space);

    public bool IsNodeAddress(string node, IpAddress address) => _nodes.TryGetValue(node, out var found) && found.AllAddresses.Contains(address);

    /// <summary>The node's labels; null when there is no such Node object.</summary>
    public Labels? NodeLabels(string node) => _nodes.TryGetValue(node, out var found) ? found.Labels : null;

    /// <summary>A node with the address in its status that the selector selects; null when there is none.</summary>
    public Node? FindNode(IpAddress address, LabelSelector selector)
    {
        foreach (var node in Snapshot.Nodes)
        {
            if (node.Addresses.Contains(address) && selector.Matches(node.Labels))
                return node;
        }
        return null;
    }

    /// <summary>A node that reports the address and that the selector selects; null when there is none.</summary>
    public Node? FindReportingNode(IpAddress address, LabelSelector selector) =>
        Snapshot.Nodes.FirstOrDefault(n => n.ReportedAddresses.Contains(address) && selector.Matches(n.Labels));

    private static Dictionary<IpAddress, List<Pod>> ByAddress(IEnumerable<Pod> pods)
    {
        var found = new Dictionary<IpAddress, List<Pod>>();
        foreach (var pod in pods)
        {
            foreach (var address in pod.Addresses.Distinct())
            {
                if (!found.TryGetValue(address, out var there))
                    found[address] = there = [];
                there.Add(pod);
            }
        }
        return found;
    }
}
