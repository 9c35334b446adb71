using System.Net;
using NetPol.Lab.Probes;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using NetPol.Testing.Oracles;

namespace NetPol.Lab.Tests;

/// <summary>A lab with the nodes and pods of a cluster. It loads the tables of the cluster's rule sets into the nodes' kernels.</summary>
internal sealed class PolicyLab : IDisposable
{
    private readonly LabNetwork _network;
    private readonly Dictionary<string, KernelNftables> _kernels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GuardEpoch> _epochs = new(StringComparer.Ordinal);

    private PolicyLab(LabNetwork network)
    {
        _network = network;
        foreach (var node in network.Nodes)
            _kernels.Add(node.Name, node.Run(KernelNftables.Open));
    }

    /// <param name="cluster">Must have an object for every node that a pod names. Host-network pods must have addresses of their node.</param>
    /// <param name="others">More addresses to probe. Addresses that no pod or node has become outside hosts.</param>
    public static PolicyLab Create(ClusterSnapshot cluster, IEnumerable<IpAddress> others) => new(LabFactory.Create(Topology(cluster, others)));

    /// <summary>Returns the pod that gets the packets for each address: the first live pod by id that has it, else the first finished one.</summary>
    public static Dictionary<IpAddress, Pod> Owners(ClusterSnapshot cluster)
    {
        var owners = new Dictionary<IpAddress, Pod>();
        // A finished pod keeps its address until another pod gets it.
        foreach (var pod in cluster.Pods.Where(p => !p.HostNetwork && p.Node is not null).OrderBy(p => p.Finished))
        {
            foreach (var address in pod.Addresses)
                owners.TryAdd(address, pod);
        }
        return owners;
    }

    public LabNode Node(string name) => _network.Node(name);

    /// <summary>Runs <c>ip</c> commands in a pod's namespace.</summary>
    public void IpInPod(string pod, IEnumerable<string> commands) => _network.RunInPod(pod, () =>
    {
        LabFactory.Ip(commands);
        return true;
    });

    /// <summary>Runs a function in a pod's namespace.</summary>
    public T RunInPod<T>(string pod, Func<T> inside) => _network.RunInPod(pod, inside);

    /// <summary>Returns the name of a pod's link on its node.</summary>
    public string LinkOf(string pod) => $"pod{_network.Topology.Pods.TakeWhile(p => !string.Equals(p.Id, pod, StringComparison.Ordinal)).Count() + 1}";

    /// <summary>Makes each node's table match its rule set, whatever the table contains.</summary>
    public void Load(IEnumerable<NodeRuleSet> ruleSets, FlowLogSettings? logs = null)
    {
        foreach (var rules in ruleSets)
            Load(rules.Node, Renderer.Render(rules, logs));
    }

    /// <summary>Runs a function in a node's namespace.</summary>
    public T Run<T>(string node, Func<T> inside) => _network.Nodes.Single(n => string.Equals(n.Name, node, StringComparison.Ordinal)).Run(inside);

    /// <summary>Applies a delta without reading the current table.</summary>
    public void Apply(NodeRuleSetDelta delta) => Commit(delta.Node, Renderer.Render(delta, epoch: _epochs[delta.Node]), _epochs[delta.Node]);

    public TableState? Read(string node) => _kernels[node].Read(Renderer.TableName);

    /// <summary>Probes every connection once. A connection within one namespace agrees with any expectation.</summary>
    /// <returns>One observation per connection, in their order.</returns>
    public IReadOnlyList<Observation> Probe(IEnumerable<(Connection Connection, bool? ExpectAllow)> connections, CancellationToken cancel) =>
        ProbeAsync(connections, cancel).GetAwaiter().GetResult();

    /// <summary>Probes as <see cref="Probe"/> does, while the caller does something else.</summary>
    public async Task<IReadOnlyList<Observation>> ProbeAsync(IEnumerable<(Connection Connection, bool? ExpectAllow)> connections, CancellationToken cancel)
    {
        var matrix = await new Prober(_network).ProbeAsync([.. connections.Select(c => ToProbe(c.Connection, c.ExpectAllow))], cancel: cancel);
        return matrix.Observations;
    }

    private void Load(string node, TableState wanted)
    {
        var actual = Read(node);
        Commit(node, TableDiff.Between(actual, wanted), CommitGuard.EpochOf(actual));
    }

    private void Commit(string node, StagedUpdate update, GuardEpoch epoch)
    {
        _kernels[node].Commit(update);
        _epochs[node] = CommitGuard.EpochAfter(update, epoch);
    }

    public void Dispose()
    {
        foreach (var kernel in _kernels.Values)
            kernel.Dispose();
        _network.Dispose();
    }

    private static LabTopology Topology(ClusterSnapshot cluster, IEnumerable<IpAddress> others)
    {
        var owners = Owners(cluster);
        var pods = cluster.Pods
            .Where(p => p.Node is not null)
            .Select(p => new LabPodSpec(
                p.Id.ToString(), p.Node!, [.. p.Addresses.Where(a => p.HostNetwork || owners[a] == p).Select(Lab)],
                [.. p.Ports.Select(port => new LabPort(port.Protocol, port.Number)).Distinct()], p.HostNetwork))
            .Where(p => p.Addresses.Count > 0)
            .ToArray();
        var nodes = cluster.Nodes.Select(n => new LabNodeSpec(n.Name, [.. n.AllAddresses.Distinct().Select(Lab)])).ToArray();
        var inside = nodes.SelectMany(n => n.Addresses).Concat(pods.SelectMany(p => p.Addresses)).ToHashSet();
        return new(nodes, pods, [.. others.Select(Lab).Where(a => !inside.Contains(a)).Distinct()]);
    }

    private static Probe ToProbe(Connection c, bool? expectAllow) => new(Lab(c.Source), Lab(c.Destination), c.Protocol, c.Port, expectAllow);

    private static IPAddress Lab(IpAddress address) => new(address.ToBytes());
}

/// <summary>
/// Predicts the fate of packets in a lab: the verdict of the policies, and the drop by nodes on the path of packets to or from addresses in their
/// pod networks that no ready pod has.
/// </summary>
internal sealed class PathOracle(ClusterSnapshot built)
{
    private readonly Dictionary<IpAddress, string> _podNodes = PolicyLab.Owners(built).ToDictionary(o => o.Key, o => o.Value.Node!);

    private readonly Dictionary<IpAddress, string> _nodes =
        built.Nodes.SelectMany(n => n.AllAddresses.Distinct(), (n, a) => (n.Name, Address: a)).ToDictionary(n => n.Address, n => n.Name);

    public Verdict Evaluate(ClusterSnapshot cluster, Connection connection) => Evaluate(cluster, cluster, connection);

    /// <summary>
    /// Returns the possible verdicts during a change. Each node changes atomically, but the two ends of a connection may be on nodes that change at
    /// different times.
    /// </summary>
    public HashSet<Verdict> Possible(ClusterSnapshot before, ClusterSnapshot after, Connection connection)
    {
        HashSet<Verdict> possible = [Evaluate(before, connection), Evaluate(after, connection)];
        if (_podNodes.GetValueOrDefault(connection.Source) != _podNodes.GetValueOrDefault(connection.Destination))
        {
            possible.Add(Evaluate(before, after, connection));
            possible.Add(Evaluate(after, before, connection));
        }
        return possible;
    }

    private Verdict Evaluate(ClusterSnapshot atSource, ClusterSnapshot atDestination, Connection connection)
    {
        var verdict = new ConnectionVerdict(Oracle.Evaluate(atSource, connection).Egress, Oracle.Evaluate(atDestination, connection).Ingress).Verdict;
        return IsUnreadySource(atSource, connection) || IsUnreadyDestination(atDestination, connection) ? Verdict.Deny : verdict;
    }

    private bool IsUnreadySource(ClusterSnapshot cluster, Connection connection)
    {
        if (_podNodes.GetValueOrDefault(connection.Source) is not { } node)
            return false;
        var toOwnNode = string.Equals(_nodes.GetValueOrDefault(connection.Destination), node, StringComparison.Ordinal);
        return IsUnready(cluster, node, connection.Source) || (!toOwnNode && IsUnready(cluster, node, connection.Destination));
    }

    private bool IsUnreadyDestination(ClusterSnapshot cluster, Connection connection)
    {
        if (_nodes.GetValueOrDefault(connection.Destination) is { } own)
            return IsUnready(cluster, own, connection.Source);
        return _podNodes.GetValueOrDefault(connection.Destination) is { } node
            && !string.Equals(_nodes.GetValueOrDefault(connection.Source), node, StringComparison.Ordinal)
            && (IsUnready(cluster, node, connection.Source) || IsUnready(cluster, node, connection.Destination));
    }

    private static bool IsUnready(ClusterSnapshot cluster, string node, IpAddress address) =>
        cluster.Nodes.First(n => string.Equals(n.Name, node, StringComparison.Ordinal)).PodCidrs.Any(n => n.Contains(address))
        && !cluster.Pods.Any(p => p.IsSelectable && p.Addresses.Contains(address));
}
