using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Lowering;

/// <summary>The nodes, with what the pods' status tells about them: a list of pods names every node that runs one, and its address.</summary>
internal static class HostNodes
{
    /// <summary>
    /// The written nodes, and those that only pods name by <c>nodeName</c> or <c>status.hostIP</c>. A node without an address has those of its pods'
    /// <c>hostIP</c> and of its pods in the host's network. A pod that has only a <c>hostIP</c> is put on the node of that address.
    /// </summary>
    public static List<Node> Of(WrittenWorld world)
    {
        var nodes = world.Nodes.Select(n => n.Value).ToList();
        var names = new Dictionary<IpAddress, string>();
        foreach (var (address, node) in nodes.SelectMany(n => n.Addresses, (n, a) => (a, n.Name)))
            names.TryAdd(address, node);
        foreach (var (_, pod) in world.Pods.Where(p => p.Value.Node is not null))
        {
            foreach (var address in Addresses(world, pod))
                names.TryAdd(address, pod.Node!);
        }
        for (var i = 0; i < world.Pods.Count; i++)
        {
            var (header, pod) = world.Pods[i];
            if (pod.Node is not null || Addresses(world, pod).Select(a => (IpAddress?)a).FirstOrDefault() is not { } first)
                continue;
            names.TryAdd(first, first.ToString());
            world.Pods[i] = (header, pod with { Node = names[first] });
        }
        var told = world.Pods.Where(p => p.Value.Node is not null)
            .GroupBy(p => p.Value.Node!, p => p.Value, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.SelectMany(p => Addresses(world, p)).Distinct().ToValueArray(), StringComparer.Ordinal);
        var known = nodes.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        nodes.AddRange(told.Where(t => !t.Value.IsEmpty && known.Add(t.Key)).Select(t => WorldCompletion.NodeNamed(t.Key)));
        return nodes.ConvertAll(n => n.Addresses.IsEmpty && told.TryGetValue(n.Name, out var addresses) ? n with { Addresses = addresses } : n);
    }

    private static IEnumerable<IpAddress> Addresses(WrittenWorld world, Pod pod)
    {
        var host = world.HostAddresses.GetValueOrDefault(pod.Id, []);
        return pod.HostNetwork ? host.Concat(pod.Addresses) : host;
    }
}
