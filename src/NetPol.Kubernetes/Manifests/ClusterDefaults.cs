using NetPol.Kubernetes.Objects;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Kubernetes.Manifests;

/// <summary>
/// Fills in the nodes and addresses that manifests seldom give. What is given stays as it is. The same cluster is always filled in alike.
/// </summary>
internal static class ClusterDefaults
{
    private const int DefaultNodeCount = 2;
    private static readonly IpAddress FirstPodV4 = IpAddress.Parse("10.244.0.2");
    private static readonly IpAddress FirstPodV6 = IpAddress.Parse("fd00:10:244::2");
    private static readonly IpAddress FirstNodeV4 = IpAddress.Parse("172.18.0.2");
    private static readonly IpAddress FirstNodeV6 = IpAddress.Parse("fd00:172:18::2");

    /// <summary>
    /// Every node that a pod names becomes an object; without any there are two, <c>node-1</c> and <c>node-2</c>. Pods without a node are
    /// dealt out over the nodes in order. Nodes and live pods without an address get one of every family that the given pod addresses
    /// have (IPv4 when there are none): pods from 10.244.0.2 and fd00:10:244::2 on, nodes from 172.18.0.2 and fd00:172:18::2 on. A pod in
    /// the host's network has its node's addresses.
    /// </summary>
    /// <param name="written">The cluster as it was written.</param>
    /// <param name="nodes">Nodes are added until there are this many; null: only when there is none.</param>
    public static ClusterSnapshot Complete(ClusterSnapshot written, int? nodes)
    {
        var families = FamiliesOf(written);
        var taken = written.Pods.SelectMany(p => p.Addresses).Concat(written.Nodes.SelectMany(n => n.Addresses)).ToHashSet();
        var allNodes = CompleteNodes(written, nodes, families, taken);
        var byName = allNodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        var pool = new AddressPool(families, FirstPodV4, FirstPodV6, taken);
        var next = 0;
        var pods = new List<Pod>();
        foreach (var pod in written.Pods)
        {
            var placed = pod.Node is not null || pod.Finished ? pod : pod with { Node = allNodes[next++ % allNodes.Count].Name };
            if (placed.Addresses.IsEmpty && !placed.Finished)
                placed = placed with { Addresses = placed.HostNetwork ? byName[placed.Node!].Addresses : pool.Next() };
            pods.Add(placed);
        }
        return ClusterSnapshot.Create(written.Namespaces, pods, allNodes, written.Policies);
    }

    private static List<IpFamily> FamiliesOf(ClusterSnapshot written)
    {
        var given = written.Pods.SelectMany(p => p.Addresses).Select(a => a.Family).Distinct().Order().ToList();
        return given.Count == 0 ? [IpFamily.V4] : given;
    }

    private static List<Node> CompleteNodes(ClusterSnapshot written, int? count, List<IpFamily> families, HashSet<IpAddress> taken)
    {
        var pool = new AddressPool(families, FirstNodeV4, FirstNodeV6, taken);
        return [.. AllNodes(written.Nodes, written.Pods, count).Select(n => n.Addresses.IsEmpty ? n with { Addresses = pool.Next() } : n)];
    }

    /// <summary>The nodes that the cluster will have, ordered by name; an address that is not written is missing.</summary>
    /// <param name="written">The Node objects.</param>
    /// <param name="pods">The pods, which may name further nodes.</param>
    /// <param name="count">Nodes are added until there are this many; null: two, only when there is none.</param>
    public static List<Node> AllNodes(IEnumerable<Node> written, IEnumerable<Pod> pods, int? count)
    {
        var all = written.ToDictionary(n => n.Name, StringComparer.Ordinal);
        foreach (var name in pods.Select(p => p.Node).OfType<string>())
            all.TryAdd(name, CreateNode(name));
        var wanted = count ?? (all.Count == 0 ? DefaultNodeCount : 0);
        for (var i = 1; all.Count < wanted; i++)
            all.TryAdd($"node-{i}", CreateNode($"node-{i}"));
        return [.. all.Values.OrderBy(n => n.Name, StringComparer.Ordinal)];
    }

    /// <summary>A node without an address that has the label which a kubelet gives its own node.</summary>
    public static Node CreateNode(string name) => new(name, Labels.Create(("kubernetes.io/hostname", name)), []);

    private sealed class AddressPool(List<IpFamily> families, IpAddress firstV4, IpAddress firstV6, HashSet<IpAddress> taken)
    {
        private IpAddress _nextV4 = firstV4;
        private IpAddress _nextV6 = firstV6;

        public ValueArray<IpAddress> Next() => families.Select(f => f == IpFamily.V4 ? TakeFree(ref _nextV4) : TakeFree(ref _nextV6)).ToValueArray();

        private IpAddress TakeFree(ref IpAddress next)
        {
            // Addresses that end in 0 or 255 look like a network's, though they would do.
            while ((byte)next.Value is 0 or 255 || !taken.Add(next))
                next = next with { Value = next.Value + 1 };
            return next;
        }
    }
}

/// <summary>The nodes, with names and addresses from the status of pods: it names the node of each pod and the node's address.</summary>
internal static class NodeInference
{
    /// <summary>
    /// The written nodes, and those that only pods name by <c>nodeName</c> or <c>status.hostIP</c>. A node without an address has those of its pods'
    /// <c>hostIP</c> and of its pods in the host's network. A pod that has only a <c>hostIP</c> is put on the node of that address.
    /// </summary>
    public static List<Node> Infer(ManifestSet manifests)
    {
        var nodes = manifests.Nodes.Select(n => n.Value).ToList();
        var names = new Dictionary<IpAddress, string>();
        foreach (var (address, node) in nodes.SelectMany(n => n.Addresses, (n, a) => (a, n.Name)))
            names.TryAdd(address, node);
        foreach (var (_, pod) in manifests.Pods.Where(p => p.Value.Pod.Node is not null))
        {
            foreach (var address in Addresses(pod))
                names.TryAdd(address, pod.Pod.Node!);
        }
        for (var i = 0; i < manifests.Pods.Count; i++)
        {
            var (header, pod) = manifests.Pods[i];
            if (pod.Pod.Node is not null || Addresses(pod).Select(a => (IpAddress?)a).FirstOrDefault() is not { } first)
                continue;
            names.TryAdd(first, first.ToString());
            manifests.Pods[i] = (header, pod with { Pod = pod.Pod with { Node = names[first] } });
        }
        var addressesByNode = manifests.Pods.Where(p => p.Value.Pod.Node is not null)
            .GroupBy(p => p.Value.Pod.Node!, p => p.Value, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.SelectMany(Addresses).Distinct().ToValueArray(), StringComparer.Ordinal);
        var known = nodes.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        nodes.AddRange(addressesByNode.Where(t => !t.Value.IsEmpty && known.Add(t.Key)).Select(t => ClusterDefaults.CreateNode(t.Key)));
        return nodes.ConvertAll(n => n.Addresses.IsEmpty && addressesByNode.TryGetValue(n.Name, out var addresses) ? n with { Addresses = addresses } : n);
    }

    private static IEnumerable<IpAddress> Addresses(HostedPod pod) => pod.Pod.HostNetwork ? pod.HostAddresses.Concat(pod.Pod.Addresses) : pod.HostAddresses;
}
