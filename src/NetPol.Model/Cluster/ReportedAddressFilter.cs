using NetPol.Model.Net;

namespace NetPol.Model.Cluster;

/// <summary>
/// Adds the addresses that agents report to the nodes of the cluster, if they are plausible: a compromised agent must not extend a Deny of its node to
/// addresses of others. Not thread-safe.
/// </summary>
/// <param name="isPods">Whether a pod of the cluster has the address, after the changes that were applied.</param>
public sealed class ReportedAddressFilter(Func<IpAddress, bool> isPods)
{
    private static readonly Cidr[] NeverNodeAddresses =
    [
        Cidr.Parse("0.0.0.0/8"), Cidr.Parse("127.0.0.0/8"), Cidr.Parse("169.254.0.0/16"), Cidr.Parse("224.0.0.0/3"),
        Cidr.Parse("::/127"), Cidr.Parse("fe80::/10"), Cidr.Parse("ff00::/8"),
    ];

    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<IpAddress, int> _nodeCounts = [];
    private readonly Dictionary<string, ValueArray<IpAddress>> _accepted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ValueArray<IpAddress>> _refused = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, ValueArray<IpAddress>> _reports = new Dictionary<string, ValueArray<IpAddress>>(StringComparer.Ordinal);

    /// <summary>Adds the reported addresses to changes of the cluster.</summary>
    /// <param name="changes">The changes; nodes have no reported addresses.</param>
    /// <param name="reports">The last report of each node's agent.</param>
    /// <returns>The completed changes, and the newly refused addresses of each node.</returns>
    public (ClusterChanges Changes, IReadOnlyList<(string Node, ValueArray<IpAddress> Addresses)> Refused) Apply(
        ClusterChanges changes, IReadOnlyDictionary<string, ValueArray<IpAddress>> reports)
    {
        ArgumentNullException.ThrowIfNull(changes);
        ArgumentNullException.ThrowIfNull(reports);
        if (changes.Nodes.IsEmpty && changes.Pods.IsEmpty && ReferenceEquals(reports, _reports))
            return (changes, []);
        _reports = reports;
        var nodes = new Dictionary<string, Node?>(StringComparer.Ordinal);
        foreach (var (name, node) in changes.Nodes)
        {
            SetNode(name, node);
            nodes[name] = node;
        }
        var refused = new List<(string Node, ValueArray<IpAddress> Addresses)>();
        foreach (var name in _reports.Keys.Union(_accepted.Keys, StringComparer.Ordinal).Union(nodes.Keys, StringComparer.Ordinal).ToList())
        {
            if (!_nodes.TryGetValue(name, out var node))
            {
                _accepted.Remove(name);
                _refused.Remove(name);
                continue;
            }
            var (accepted, not) = Split(node);
            if (accepted != _accepted.GetValueOrDefault(name) || nodes.ContainsKey(name))
                nodes[name] = node with { ReportedAddresses = accepted };
            if (not != _refused.GetValueOrDefault(name) && !not.IsEmpty)
                refused.Add((name, not));
            _accepted[name] = accepted;
            _refused[name] = not;
        }
        return (changes with { Nodes = nodes.ToValueArray() }, refused);
    }

    private void SetNode(string name, Node? node)
    {
        if (_nodes.Remove(name, out var before))
            CountAddresses(before, -1);
        if (node is null)
            return;
        _nodes.Add(name, node);
        CountAddresses(node, 1);
    }

    private void CountAddresses(Node node, int more)
    {
        foreach (var address in node.Addresses.Distinct())
        {
            var count = _nodeCounts.GetValueOrDefault(address) + more;
            if (count == 0)
                _nodeCounts.Remove(address);
            else
                _nodeCounts[address] = count;
        }
    }

    /// <summary>Splits the reported addresses. Addresses in the node's status need no report.</summary>
    private (ValueArray<IpAddress> Accepted, ValueArray<IpAddress> Refused) Split(Node node)
    {
        List<IpAddress> accepted = [], refused = [];
        foreach (var address in _reports.GetValueOrDefault(node.Name))
        {
            if (node.Addresses.Contains(address))
                continue;
            var counts = IsReachableNodeAddress(address) && !_nodeCounts.ContainsKey(address) && !isPods(address);
            (counts ? accepted : refused).Add(address);
        }
        return (accepted.ToValueArray(), refused.ToValueArray());
    }

    /// <summary>Whether other nodes can reach a node by the address: it is not loopback, link-local, multicast or unspecified.</summary>
    private static bool IsReachableNodeAddress(IpAddress address) => !NeverNodeAddresses.Any(n => n.Contains(address));
}
