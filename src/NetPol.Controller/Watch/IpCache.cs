using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Protocol.Flows;

namespace NetPol.Controller.Watch;

/// <summary>The owners of addresses: pods and nodes. Safe for any thread.</summary>
internal sealed class IpCache
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PodId, Pod> _pods = [];
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<IpAddress, List<Pod>> _podsAt = [];
    private readonly Dictionary<IpAddress, string> _nodeAt = [];

    public void Apply(ClusterChanges changes)
    {
        lock (_lock)
        {
            foreach (var (id, pod) in changes.Pods)
                Put(id, pod is { HostNetwork: false } ? pod : null);
            foreach (var (name, node) in changes.Nodes)
                Put(name, node);
        }
    }

    /// <summary>Returns the owner of an address; null when it is unknown. Of pods that share an address, the first live one by id, else the first finished one.</summary>
    public AddressOwner? Find(IpAddress address)
    {
        lock (_lock)
        {
            if (_podsAt.TryGetValue(address, out var pods) && pods.MinBy(p => (p.Finished, p.Id)) is { } pod)
                return AddressOwner.OfPod(pod.Id, pod.Labels);
            return _nodeAt.TryGetValue(address, out var node) ? AddressOwner.OfNode(node) : null;
        }
    }

    /// <summary>Whether a live pod has the address.</summary>
    public bool IsPodAddress(IpAddress address)
    {
        lock (_lock)
            return _podsAt.TryGetValue(address, out var pods) && pods.Exists(p => !p.Finished);
    }

    private void Put(PodId id, Pod? pod)
    {
        if (_pods.Remove(id, out var before))
        {
            foreach (var address in before.Addresses)
            {
                _podsAt[address].Remove(before);
                if (_podsAt[address].Count == 0)
                    _podsAt.Remove(address);
            }
        }
        if (pod is null)
            return;
        _pods.Add(id, pod);
        foreach (var address in pod.Addresses)
        {
            if (!_podsAt.TryGetValue(address, out var there))
                _podsAt.Add(address, there = []);
            there.Add(pod);
        }
    }

    private void Put(string name, Node? node)
    {
        if (_nodes.Remove(name, out var before))
        {
            foreach (var address in before.Addresses.Where(a => string.Equals(_nodeAt.GetValueOrDefault(a), name, StringComparison.Ordinal)))
                _nodeAt.Remove(address);
        }
        if (node is null)
            return;
        _nodes.Add(name, node);
        foreach (var address in node.Addresses)
            _nodeAt[address] = name;
    }
}
