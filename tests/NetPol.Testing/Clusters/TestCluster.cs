using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Testing.Clusters;

/// <summary>Builds a small cluster. Adds the namespaces and nodes that pods name, unless they are declared missing. Texts are written as in <see cref="Make"/>.</summary>
public sealed class TestCluster
{
    private readonly Dictionary<string, Namespace> _namespaces = new(StringComparer.Ordinal);
    private readonly HashSet<string> _missingNamespaces = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly List<Pod> _pods = [];
    private readonly List<Policy> _policies = [];

    /// <summary>The current cluster.</summary>
    public ClusterSnapshot Snapshot
    {
        get
        {
            var namespaces = _pods.Select(p => p.Id.Namespace).Where(n => !_namespaces.ContainsKey(n) && !_missingNamespaces.Contains(n)).Distinct();
            var nodes = _pods.Select(p => p.Node).OfType<string>().Where(n => !_nodes.ContainsKey(n)).Distinct();
            return ClusterSnapshot.Create(
                [.. _namespaces.Values, .. namespaces.Select(n => new Namespace(n, NamespaceLabels(n, "")))],
                _pods,
                [.. _nodes.Values, .. nodes.Select(n => new Node(n, Labels.None, []))],
                _policies);
        }
    }

    public TestCluster Namespace(string name, string labels = "")
    {
        _namespaces[name] = new(name, NamespaceLabels(name, labels));
        return this;
    }

    /// <summary>Declares a namespace missing. Pods may still be in it.</summary>
    public TestCluster NoNamespace(string name)
    {
        _missingNamespaces.Add(name);
        return this;
    }

    /// <param name="name">The node's name.</param>
    /// <param name="addresses">Addresses, separated by commas.</param>
    /// <param name="labels">The node's labels.</param>
    /// <param name="reported">Addresses that the node's agent reports, separated by commas.</param>
    public TestCluster Node(string name, string addresses, string labels = "", string reported = "")
    {
        _nodes[name] = new(name, Make.Labels(labels), Make.Split(addresses, ',').Select(IpAddress.Parse).ToValueArray())
        {
            ReportedAddresses = Make.Split(reported, ',').Select(IpAddress.Parse).ToValueArray(),
        };
        return this;
    }

    /// <param name="name"><c>namespace/name</c>.</param>
    /// <param name="addresses">Addresses, separated by commas.</param>
    /// <param name="labels">The pod's labels.</param>
    /// <param name="ports">Ports, separated by commas: <c>80/TCP</c>, or with a name <c>http=80/TCP</c>.</param>
    /// <param name="node">The pod's node. Null for an unscheduled pod.</param>
    /// <param name="hostNetwork">Whether the pod uses its node's network.</param>
    /// <param name="finished">Whether the phase is Succeeded or Failed.</param>
    public TestCluster Pod(
        string name, string addresses, string labels = "", string ports = "", string? node = "node-1", bool hostNetwork = false, bool finished = false)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        _pods.Add(new(
            new(name[..slash], name[(slash + 1)..]), Make.Labels(labels), node, Make.Split(addresses, ',').Select(IpAddress.Parse).ToValueArray(),
            Make.Split(ports, ',').Select(ContainerPort).ToValueArray(), hostNetwork, finished));
        return this;
    }

    public TestCluster WithPolicies(params Policy[] policies)
    {
        _policies.AddRange(policies);
        return this;
    }

    /// <summary>Creates a connection between pods or addresses. A pod (<c>namespace/name</c>) stands for its first address of a family that both ends have.</summary>
    /// <param name="from">The source.</param>
    /// <param name="to">The destination.</param>
    /// <param name="port"><c>80/TCP</c>, or <c>ICMP</c>.</param>
    public Connection Connection(string from, string to, string port)
    {
        List<IpAddress> sources = AddressesOf(from), destinations = AddressesOf(to);
        var source = sources.First(s => destinations.Any(d => d.Family == s.Family));
        var match = (PortMatch.Numbers)Make.Port(port);
        return new(source, destinations.First(d => d.Family == source.Family), match.Protocol, match.Range.First);
    }

    private static Labels NamespaceLabels(string name, string labels) => Make.Labels(labels).With("kubernetes.io/metadata.name", name);

    private static ContainerPort ContainerPort(string text)
    {
        var parts = text.Split('=');
        var match = (PortMatch.Numbers)Make.Port(parts[^1]);
        return new(parts.Length == 2 ? parts[0] : null, match.Protocol, match.Range.First);
    }

    private List<IpAddress> AddressesOf(string end) => end.Contains('/', StringComparison.Ordinal)
        ? [.. _pods.First(p => p.Id.ToString() == end).Addresses]
        : [IpAddress.Parse(end)];
}
