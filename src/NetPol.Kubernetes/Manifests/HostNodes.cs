using NetPol.Kubernetes.Objects;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Manifests;

/// <summary>The nodes, with what the pods' status tells about them: a list of pods names every node that runs one, and its address.</summary>
internal static class HostNodes
{
    /// <summary>
    /// The written nodes, and those that only pods name by <c>nodeName</c> or <c>status.hostIP</c>. A node without an address has those of its pods'
    /// <c>hostIP</c> and of its pods in the host's network. A pod that has only a <c>hostIP</c> is put on the node of that address.
    /// </summary>
    public static List<Node> Of(ManifestSet manifests)
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
        var told = manifests.Pods.Where(p => p.Value.Pod.Node is not null)
            .GroupBy(p => p.Value.Pod.Node!, p => p.Value, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.SelectMany(Addresses).Distinct().ToValueArray(), StringComparer.Ordinal);
        var known = nodes.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        nodes.AddRange(told.Where(t => !t.Value.IsEmpty && known.Add(t.Key)).Select(t => ClusterDefaults.CreateNode(t.Key)));
        return nodes.ConvertAll(n => n.Addresses.IsEmpty && told.TryGetValue(n.Name, out var addresses) ? n with { Addresses = addresses } : n);
    }

    private static IEnumerable<IpAddress> Addresses(HostedPod pod) => pod.Pod.HostNetwork ? pod.HostAddresses.Concat(pod.Pod.Addresses) : pod.HostAddresses;
}
