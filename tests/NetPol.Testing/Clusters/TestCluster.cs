using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Testing.Clusters;

/// <summary>A cluster in few words. What a pod names (its namespace, its node) is there unless it was said to be missing. Texts as in <see cref="Make"/>.</summary>
public sealed class TestCluster
{
    private readonly Dictionary<string, Namespace> _namespaces = new(StringComparer.Ordinal);
    private readonly HashSet<string> _missingNamespaces = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly List<Pod> _pods = [];
    private readonly List<Policy> _policies = [];

    /// <summary>As it stands now.</summary>
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

    /// <summary>The namespace is not known, though pods may live in it.</summary>
    public TestCluster NoNamespace(string name)
    {
        _missingNamespaces.Add(name);
        return this;
    }

    /// <param name="name">The node's name.</param>
    /// <param name="addresses">With commas between.</param>
    /// <param name="labels">The node's labels.</param>
    /// <param name="reported">What its agent reports, with commas between.</param>
    public TestCluster Node(string name, string addresses, string labels = "", string reported = "")
    {
        _nodes[name] = new(name, Make.Labels(labels), Make.Split(addresses, ',').Select(IpAddress.Parse).ToValueArray())
        {
            ReportedAddresses = Make.Split(reported, ',').Select(IpAddress.Parse).ToValueArray(),
        };
        return this;
    }

    /// <param name="name"><c>namespace/name</c>.</param>
    /// <param name="addresses">With commas between.</param>
    /// <param name="labels">The pod's labels.</param>
    /// <param name="ports">With commas between: <c>80/TCP</c>, or with a name <c>http=80/TCP</c>.</param>
    /// <param name="node">Null: not scheduled.</param>
    /// <param name="hostNetwork">It lives in its node's network.</param>
    /// <param name="finished">Succeeded or Failed.</param>
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

    /// <summary>A connection between pods (<c>namespace/name</c>: the first address of the family that both ends have) or addresses.</summary>
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
