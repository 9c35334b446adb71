using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NetPol.Lab;

/// <summary>The namespaces and links of a topology: a tree with the core at its root, nodes and outside hosts below it, and pods below their nodes.</summary>
internal sealed class NetworkPlan : IDisposable
{
    private readonly string _lab;
    private readonly LabNamespace _core;
    private readonly List<LabNamespace> _networkNamespaces = [];
    private readonly List<VethPair> _vethPairs = [];
    private readonly Dictionary<string, LabNamespace> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LabNamespace> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<IPAddress, LabNamespace> _owners = [];

    private NetworkPlan(string lab)
    {
        _lab = lab;
        _core = new LabNamespace("core", LabNames.Core(lab), [], routes: true);
        _networkNamespaces.Add(_core);
    }

    /// <summary>All namespaces, each before those below it.</summary>
    public IReadOnlyList<LabNamespace> NetworkNamespaces => _networkNamespaces;

    public IReadOnlyList<VethPair> VethPairs => _vethPairs;

    public IReadOnlyDictionary<string, LabNamespace> Nodes => _nodes;

    /// <summary>The namespaces of pods by pod id. A host-network pod has its node's namespace.</summary>
    public IReadOnlyDictionary<string, LabNamespace> Pods => _pods;

    public IReadOnlyDictionary<IPAddress, LabNamespace> Owners => _owners;

    /// <summary>Whether any address is IPv6. If not, the lab also runs on a kernel without IPv6.</summary>
    public bool HasIPv6 => _owners.Keys.Any(address => address.AddressFamily == AddressFamily.InterNetworkV6);

    /// <exception cref="LabException">The topology is contradictory, or contains an address that no host can have.</exception>
    public static NetworkPlan Create(LabTopology topology, string lab)
    {
        LabNames.Validate(lab);
        var plan = new NetworkPlan(lab);
        var podsOf = topology.Pods.ToLookup(pod => pod.Node, StringComparer.Ordinal);
        foreach (var node in topology.Nodes)
            plan.AddNode(node, [.. podsOf[node.Name]]);
        foreach (var pod in topology.Pods)
            plan.AddPod(pod);
        foreach (var address in topology.Outside.Distinct())
            plan.AddOutside(address);
        return plan;
    }

    /// <summary>Closes listeners and files. The namespaces stay until <see cref="StaleLabs.Remove"/> deletes them by name.</summary>
    public void Dispose()
    {
        foreach (var space in _networkNamespaces)
            space.Dispose();
    }

    private void AddNode(LabNodeSpec node, IReadOnlyList<LabPodSpec> pods)
    {
        ImmutableArray<IPAddress> own = [.. node.Addresses.Concat(pods.Where(pod => pod.HostNetwork).SelectMany(pod => pod.Addresses)).Distinct()];
        var space = new LabNamespace(node.Name, LabNames.Node(_lab, node.Name), own, routes: true);
        if (!_nodes.TryAdd(node.Name, space))
            throw new LabException($"node {node.Name} is defined twice");
        ImmutableArray<IPAddress> behind = [.. own, .. pods.Where(pod => !pod.HostNetwork).SelectMany(pod => pod.Addresses).Distinct()];
        Add(space, new VethPair(_core, Numbered("node", _nodes.Count), space, "core", behind));
    }

    private void AddPod(LabPodSpec pod)
    {
        var node = _nodes.GetValueOrDefault(pod.Node) ?? throw new LabException($"pod {pod.Id}: there is no node {pod.Node}");
        var space = pod.HostNetwork ? node : new LabNamespace(pod.Id, LabNames.Pod(_lab, pod.Id), [.. pod.Addresses.Distinct()], routes: false);
        if (!_pods.TryAdd(pod.Id, space))
            throw new LabException($"pod {pod.Id} is defined twice");
        if (!pod.HostNetwork)
            Add(space, new VethPair(node, Numbered("pod", _pods.Count), space, "eth0", space.Addresses));
    }

    private void AddOutside(IPAddress address)
    {
        var space = new LabNamespace(address.ToString(), LabNames.Outside(_lab, address.ToString()), [address], routes: false);
        Add(space, new VethPair(_core, Numbered("outside", _networkNamespaces.Count), space, "eth0", [address]));
    }

    private void Add(LabNamespace space, VethPair vethPair)
    {
        foreach (var address in space.Addresses)
        {
            if (!LabAddress.IsHost(address))
                throw new LabException($"{space.Id}: no host can have the address {address}");
            if (!_owners.TryAdd(address, space))
                throw new LabException($"{space.Id}: {_owners[address].Id} already has the address {address}");
        }

        _networkNamespaces.Add(space);
        _vethPairs.Add(vethPair);
    }

    // An interface name has at most 15 characters, so pods and nodes are numbered.
    private static string Numbered(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}{number}");
}

/// <summary>
/// A veth link between two namespaces. Each end routes to the other through a fixed link-local next hop with a fixed hardware address.
/// So a link carries only the packets that the ends send: no ARP, no neighbor discovery.
/// </summary>
/// <param name="Upper">The namespace on the side of the core.</param>
/// <param name="UpperName">The name of the interface in <paramref name="Upper"/>.</param>
/// <param name="Lower">The namespace on the other side; the link is its default route.</param>
/// <param name="LowerName">The name of the interface in <paramref name="Lower"/>; it has that namespace's addresses.</param>
/// <param name="Behind">All addresses that the upper side reaches through the link, those of <paramref name="Lower"/> included.</param>
internal sealed record VethPair(LabNamespace Upper, string UpperName, LabNamespace Lower, string LowerName, ImmutableArray<IPAddress> Behind);
