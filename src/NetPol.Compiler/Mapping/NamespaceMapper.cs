using System.Runtime.InteropServices;
using NetPol.Compiler.Comparing;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Reaching;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Mapping;

/// <summary>Finds out which namespaces reach which ones, on every port and over both families. Pure.</summary>
public static class NamespaceMapper
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>Connections of a pod with itself, and with who is no pod, do not count. Neither do audited policies.</summary>
    public static NamespaceMap Map(ClusterSnapshot cluster)
    {
        var (verdicts, ports) = (new VerdictTable(), new PortSetTable());
        var world = new PolicyWorld(cluster, verdicts);
        var names = cluster.Namespaces.Select(n => n.Name).Union(cluster.Pods.Select(p => p.Id.Namespace), StringComparer.Ordinal).Order(StringComparer.Ordinal).ToValueArray();
        var members = Families.Select(family => Members(world, names, family)).ToList();
        var allowed = new AllowedPorts(verdicts, ports);
        world.Judge((_, group, peer) => allowed.Of(group.Profile(peer)), PortSetTable.Everything);
        var reaches = new Reach[names.Count * names.Count];
        members.ForEach(family => MeetAll(world, family, ports, reaches, names.Count));
        return new(names, reaches);
    }

    private static List<NamespaceMember> Members(PolicyWorld world, ValueArray<string> names, IpFamily family)
    {
        var places = names.Select((name, place) => (name, place)).ToDictionary(n => n.name, n => n.place, StringComparer.Ordinal);
        var found = new Dictionary<(int, int, int, int), NamespaceMember>();
        foreach (var pod in world.Snapshot.Pods.Where(p => p.HasAddress(family)))
        {
            var address = pod.AddressOf(family);
            var key = (places[pod.Id.Namespace], world.Peer(address), Group(Direction.Egress), Group(Direction.Ingress));
            ref var member = ref CollectionsMarshal.GetValueRefOrAddDefault(found, key, out _);
            member ??= new(key.Item1, key.Item2, key.Item3, key.Item4, address);
            member.Add(address);

            int Group(Direction direction) => world.Side(direction).Add(world.Subject(address, direction, Scope.Others));
        }
        return [.. found.Values];
    }

    private static void MeetAll(PolicyWorld world, List<NamespaceMember> members, PortSetTable ports, Reach[] reaches, int namespaces)
    {
        var (egress, ingress) = (new int[world.PeerCount], new int[world.Ingress.GroupCount]);
        foreach (var from in members)
        {
            world.Egress.Row(from.Egress, egress);
            world.Ingress.Column(from.Peer, ingress);
            foreach (var to in members)
            {
                ref var reach = ref reaches[(from.Namespace * namespaces) + to.Namespace];
                if (reach != Reach.Partly && from.Reaches(to))
                    reach |= ReachOf(ports.And(egress[to.Peer], ingress[to.Ingress]));
            }
        }
    }

    private static Reach ReachOf(int ports) => ports switch
    {
        PortSetTable.Everything => Reach.Open,
        PortSetTable.Nothing => Reach.Closed,
        _ => Reach.Partly,
    };
}
