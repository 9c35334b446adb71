using System.Runtime.InteropServices;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Compiler.Selection;

/// <summary>The current pods by id, address, node and namespace.</summary>
internal sealed class PodTable
{
    private readonly Dictionary<PodId, Pod> _pods = [];
    private readonly Dictionary<IpAddress, Pod[]> _selectableAt = [];
    private readonly Dictionary<IpAddress, Pod[]> _finishedAt = [];
    private readonly Dictionary<string, Dictionary<PodId, Pod>> _onNode = new(StringComparer.Ordinal);

    private readonly Dictionary<string, Dictionary<PodId, Pod>> _inNamespace = new(StringComparer.Ordinal);

    public IReadOnlyCollection<Pod> All => _pods.Values;

    /// <summary>The nodes that pods name.</summary>
    public IEnumerable<string> Nodes => _onNode.Keys;

    /// <summary>The selectable pods that have the address.</summary>
    public Pod[] SelectableAt(IpAddress address) => _selectableAt.GetValueOrDefault(address, []);

    /// <summary>The finished pods that have the address and are not in their host's network.</summary>
    public Pod[] FinishedAt(IpAddress address) => _finishedAt.GetValueOrDefault(address, []);

    public IReadOnlyCollection<Pod> PodsOnNode(string node) => _onNode.TryGetValue(node, out var pods) ? pods.Values : [];

    public IReadOnlyCollection<Pod> PodsInNamespace(string name) => _inNamespace.TryGetValue(name, out var pods) ? pods.Values : [];

    /// <param name="id">The pod.</param>
    /// <param name="pod">Its new state. Null if it was deleted.</param>
    /// <param name="changes">Collects the effects. Unchanged if the pod is unchanged.</param>
    public void Set(PodId id, Pod? pod, PodChanges changes)
    {
        var before = _pods.GetValueOrDefault(id);
        if (Equals(before, pod))
            return;
        changes.Add(before, pod);
        if (before is not null)
            Remove(before);
        if (pod is not null)
            Add(pod);
    }

    private void Add(Pod pod)
    {
        _pods[pod.Id] = pod;
        ref var inNamespace = ref CollectionsMarshal.GetValueRefOrAddDefault(_inNamespace, pod.Id.Namespace, out _);
        (inNamespace ??= [])[pod.Id] = pod;
        if (pod.Node is { } node)
        {
            ref var pods = ref CollectionsMarshal.GetValueRefOrAddDefault(_onNode, node, out _);
            (pods ??= [])[pod.Id] = pod;
        }
        var byAddress = ByAddress(pod);
        foreach (var address in Addresses(pod))
        {
            ref var pods = ref CollectionsMarshal.GetValueRefOrAddDefault(byAddress, address, out _);
            pods = [.. pods ?? [], pod];
        }
    }

    private void Remove(Pod pod)
    {
        _pods.Remove(pod.Id);
        var inNamespace = _inNamespace[pod.Id.Namespace];
        if (inNamespace.Remove(pod.Id) && inNamespace.Count == 0)
            _inNamespace.Remove(pod.Id.Namespace);
        if (pod.Node is { } node && _onNode.TryGetValue(node, out var onNode))
        {
            onNode.Remove(pod.Id);
            if (onNode.Count == 0)
                _onNode.Remove(node);
        }
        var byAddress = ByAddress(pod);
        foreach (var address in Addresses(pod))
        {
            var others = byAddress[address].Where(p => p.Id != pod.Id).ToArray();
            if (others.Length == 0)
                byAddress.Remove(address);
            else
                byAddress[address] = others;
        }
    }

    private Dictionary<IpAddress, Pod[]> ByAddress(Pod pod) => pod.Finished ? _finishedAt : _selectableAt;

    private static IEnumerable<IpAddress> Addresses(Pod pod) => pod.HostNetwork ? [] : pod.Addresses.Distinct();
}

/// <summary>Collects the effects of changed pods.</summary>
/// <param name="nodes">Receives the nodes whose pods, pod addresses or source grants changed.</param>
internal sealed class PodChanges(HashSet<string> nodes)
{
    /// <summary>The addresses whose pods changed.</summary>
    public HashSet<IpAddress> Addresses { get; } = [];

    public void Add(Pod? before, Pod? after)
    {
        if (before is not null)
            Addresses.UnionWith(before.Addresses);
        if (after is not null)
            Addresses.UnionWith(after.Addresses);
        if (before is not null && after is not null && string.Equals(before.Node, after.Node, StringComparison.Ordinal) &&
            (before.HostNetwork, before.Finished) == (after.HostNetwork, after.Finished) && before.Addresses == after.Addresses && before.GrantedSources == after.GrantedSources)
            return;
        if (before?.Node is { } left)
            nodes.Add(left);
        if (after?.Node is { } come)
            nodes.Add(come);
    }
}
