using System.Runtime.InteropServices;
using NetPol.Compiler.Ports;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Reachability;

/// <summary>For each pair of namespaces, whether pods of one can connect to pods of the other.</summary>
/// <param name="namespaces">All namespaces by name, including those that only pods name.</param>
/// <param name="reaches">The result for each pair, one row per source namespace.</param>
public sealed class NamespaceMap(ValueArray<string> namespaces, Reach[] reaches)
{
    public ValueArray<string> Namespaces => namespaces;

    /// <param name="from">The index of the sources' namespace in <see cref="Namespaces"/>.</param>
    /// <param name="to">The index of the destinations' namespace.</param>
    public Reach this[int from, int to] => reaches[(from * namespaces.Count) + to];
}

/// <summary>The share of connections between two namespaces that is allowed, on every port. Two results are combined with <c>|</c>.</summary>
[Flags]
public enum Reach : byte
{
    /// <summary>There is no pair of pods.</summary>
    NoPods = 0,

    /// <summary>Every connection is allowed.</summary>
    Open = 1,

    /// <summary>No connection is allowed.</summary>
    Closed = 2,

    /// <summary>Connections between some pods or on some ports are allowed.</summary>
    Partial = Open | Closed,
}

/// <summary>Computes the connectivity between namespaces, on every port and over both address families. Pure.</summary>
public static class NamespaceMapper
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Creates the map. Ignores audited policies, connections of a pod with itself, finished pods, and endpoints that are no pods.</summary>
    public static NamespaceMap CreateMap(ClusterSnapshot cluster)
    {
        var (verdicts, ports) = (new PortPolicyTable(), new PortSetTable());
        var reachability = new ReachabilityIndex(cluster, verdicts);
        var names = cluster.Namespaces.Select(n => n.Name).Union(cluster.Pods.Select(p => p.Id.Namespace), StringComparer.Ordinal).Order(StringComparer.Ordinal).ToValueArray();
        var members = Families.Select(family => Members(reachability, names, family)).ToList();
        var allowed = new AllowedPortTable(verdicts, ports);
        reachability.Evaluate((_, policySet, peer) => allowed.GetOrAdd(policySet.PortPolicyFor(peer)), PortSetTable.Everything);
        var reaches = new Reach[names.Count * names.Count];
        members.ForEach(family => ComparePairs(reachability, family, ports, reaches, names.Count));
        return new(names, reaches);
    }

    private static List<NamespaceMember> Members(ReachabilityIndex reachability, ValueArray<string> names, IpFamily family)
    {
        var places = names.Select((name, place) => (name, place)).ToDictionary(n => n.name, n => n.place, StringComparer.Ordinal);
        var found = new Dictionary<(int, int, int, int), NamespaceMember>();
        foreach (var pod in reachability.Snapshot.Pods.Where(p => p.IsSelectable))
        {
            if (reachability.AddressOf(pod, family) is not { } address)
                continue;
            var key = (places[pod.Id.Namespace], reachability.PeerNumber(address), Group(Direction.Egress), Group(Direction.Ingress));
            ref var member = ref CollectionsMarshal.GetValueRefOrAddDefault(found, key, out _);
            member ??= new(key.Item1, key.Item2, key.Item3, key.Item4, address);
            member.Add(address);

            int Group(Direction direction) => reachability.TableFor(direction).Add(reachability.PolicySetOf(address, direction, PeerRelation.Other));
        }
        return [.. found.Values];
    }

    private static void ComparePairs(ReachabilityIndex reachability, List<NamespaceMember> members, PortSetTable ports, Reach[] reaches, int namespaces)
    {
        var (egress, ingress) = (new int[reachability.PeerCount], new int[reachability.Ingress.PolicySetCount]);
        foreach (var from in members)
        {
            reachability.Egress.CopyRow(from.Egress, egress);
            reachability.Ingress.CopyColumn(from.Peer, ingress);
            foreach (var to in members)
            {
                ref var reach = ref reaches[(from.Namespace * namespaces) + to.Namespace];
                if (reach != Reach.Partial && from.Reaches(to))
                    reach |= ReachOf(ports.Intersect(egress[to.Peer], ingress[to.Ingress]));
            }
        }
    }

    private static Reach ReachOf(int ports) => ports switch
    {
        PortSetTable.Everything => Reach.Open,
        PortSetTable.Nothing => Reach.Closed,
        _ => Reach.Partial,
    };
}

/// <summary>The pods of one namespace with the same results over one address family.</summary>
/// <param name="Namespace">The index of the namespace.</param>
/// <param name="Peer">The pods' number as peers.</param>
/// <param name="Egress">The number of their policy set as sources.</param>
/// <param name="Ingress">The number of their policy set as destinations.</param>
/// <param name="Address">The address of one of them.</param>
internal sealed record NamespaceMember(int Namespace, int Peer, int Egress, int Ingress, IpAddress Address)
{
    /// <summary>Whether the pods have more than one address.</summary>
    public bool HasSeveralAddresses { get; private set; }

    public void Add(IpAddress address) => HasSeveralAddresses |= address != Address;

    /// <summary>Whether a connection between two different addresses exists.</summary>
    public bool Reaches(NamespaceMember other) => HasSeveralAddresses || other.HasSeveralAddresses || Address != other.Address;
}
