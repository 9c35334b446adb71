using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NetPol.Lab.Wiring;

/// <summary>What namespaces and links a topology comes to: a tree with the fabric at its root, nodes and outside hosts below it, and pods below their nodes.</summary>
internal sealed class LabPlan : IDisposable
{
    private readonly string _lab;
    private readonly LabSpace _fabric;
    private readonly List<LabSpace> _spaces = [];
    private readonly List<Wire> _wires = [];
    private readonly Dictionary<string, LabSpace> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LabSpace> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<IPAddress, LabSpace> _owners = [];

    private LabPlan(string lab)
    {
        _lab = lab;
        _fabric = new LabSpace("fabric", LabNames.Fabric(lab), [], routes: true);
        _spaces.Add(_fabric);
    }

    /// <summary>All namespaces, an upper one always before those below it.</summary>
    public IReadOnlyList<LabSpace> Spaces => _spaces;

    public IReadOnlyList<Wire> Wires => _wires;

    public IReadOnlyDictionary<string, LabSpace> Nodes => _nodes;

    /// <summary>By id; a pod in its node's network is its node's namespace.</summary>
    public IReadOnlyDictionary<string, LabSpace> Pods => _pods;

    public IReadOnlyDictionary<IPAddress, LabSpace> Owners => _owners;

    /// <summary>Whether there is any IPv6 address: without one a kernel without IPv6 will do.</summary>
    public bool HasIPv6 => _owners.Keys.Any(address => address.AddressFamily == AddressFamily.InterNetworkV6);

    /// <exception cref="LabException">The topology contradicts itself, or holds an address that no host can have.</exception>
    public static LabPlan Of(LabTopology topology, string lab)
    {
        LabNames.Validate(lab);
        var plan = new LabPlan(lab);
        var podsOf = topology.Pods.ToLookup(pod => pod.Node, StringComparer.Ordinal);
        foreach (var node in topology.Nodes)
            plan.AddNode(node, [.. podsOf[node.Name]]);
        foreach (var pod in topology.Pods)
            plan.AddPod(pod);
        foreach (var address in topology.Outside.Distinct())
            plan.AddOutside(address);
        return plan;
    }

    /// <summary>Closes listeners and files; the namespaces stay for whoever removes them by name.</summary>
    public void Dispose()
    {
        foreach (var space in _spaces)
            space.Dispose();
    }

    private void AddNode(NodeSpec node, IReadOnlyList<PodSpec> pods)
    {
        ImmutableArray<IPAddress> own = [.. node.Addresses.Concat(pods.Where(pod => pod.HostNetwork).SelectMany(pod => pod.Addresses)).Distinct()];
        var space = new LabSpace(node.Name, LabNames.Node(_lab, node.Name), own, routes: true);
        if (!_nodes.TryAdd(node.Name, space))
            throw new LabException($"node {node.Name} is there twice");
        ImmutableArray<IPAddress> behind = [.. own, .. pods.Where(pod => !pod.HostNetwork).SelectMany(pod => pod.Addresses).Distinct()];
        Add(space, new Wire(_fabric, Numbered("node", _nodes.Count), space, "fabric", behind));
    }

    private void AddPod(PodSpec pod)
    {
        var node = _nodes.GetValueOrDefault(pod.Node) ?? throw new LabException($"pod {pod.Id}: there is no node {pod.Node}");
        var space = pod.HostNetwork ? node : new LabSpace(pod.Id, LabNames.Pod(_lab, pod.Id), [.. pod.Addresses.Distinct()], routes: false);
        if (!_pods.TryAdd(pod.Id, space))
            throw new LabException($"pod {pod.Id} is there twice");
        if (!pod.HostNetwork)
            Add(space, new Wire(node, Numbered("pod", _pods.Count), space, "eth0", space.Addresses));
    }

    private void AddOutside(IPAddress address)
    {
        var space = new LabSpace(address.ToString(), LabNames.Outside(_lab, address.ToString()), [address], routes: false);
        Add(space, new Wire(_fabric, Numbered("outside", _spaces.Count), space, "eth0", [address]));
    }

    private void Add(LabSpace space, Wire wire)
    {
        foreach (var address in space.Addresses)
        {
            if (!LabAddress.IsHost(address))
                throw new LabException($"{space.Id}: no host can have the address {address}");
            if (!_owners.TryAdd(address, space))
                throw new LabException($"{space.Id}: {_owners[address].Id} already has the address {address}");
        }

        _spaces.Add(space);
        _wires.Add(wire);
    }

    // An interface's name has at most 15 characters: pods and nodes are numbered.
    private static string Numbered(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}{number}");
}
