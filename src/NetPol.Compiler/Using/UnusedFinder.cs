using NetPol.Compiler.Comparing;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Reaching;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Using;

/// <summary>Finds policies and rules that are of no use in a cluster as it is. Pure.</summary>
public static class UnusedFinder
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>
    /// Policies in the order of evaluation, then their rules, ingress first. Of a policy that is of no use the rules are not told of. Each is of
    /// no use alone: when one is taken away, another one may become useful. Audited policies are not looked at.
    /// </summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="progress">Is told from time to time which share is done, from 0 to 1.</param>
    public static ValueArray<UnusedPolicy> Find(ClusterSnapshot cluster, Action<double>? progress = null)
    {
        var world = new PolicyWorld(cluster, new());
        var groups = new GroupBuilder(world, world);
        groups.Build();
        var items = new ItemTable(cluster.Policies.Where(p => !p.IsAudited));
        var walks = new WalkTable(items);
        world.Judge(walks.NumberOf, WalkTable.Unjudged);
        var use = new ItemUse(items, walks);
        MeetAll(world, groups, walks, use, progress);
        return new UnusedReport(cluster, items, new FactCollector(items, walks, use), use).Write();
    }

    private static void MeetAll(PolicyWorld world, GroupBuilder groups, WalkTable walks, ItemUse use, Action<double>? progress)
    {
        var all = groups.Groups.Count;
        var (egress, ingress) = (new int[world.PeerCount], new int[world.Ingress.GroupCount]);
        for (var source = 0; source < all; source++)
        {
            foreach (var family in Families)
            {
                var from = groups.Groups[source].Over(family);
                if (!from.IsPresent)
                    continue;
                world.Egress.Row(from.OldEgress, egress);
                world.Ingress.Column(from.OldPeer, ingress);
                for (var destination = 0; destination < (source < groups.FirstNode ? all : groups.FirstNode); destination++)
                {
                    var to = groups.Groups[destination].Over(family);
                    if (to.IsPresent && groups.HoldsConnection(source, destination))
                        use.Meet(egress[to.OldPeer], ingress[to.OldIngress]);
                }
                if (source < groups.FirstNode)
                    MeetOwn(world, groups, groups.Groups[source], family, walks, use);
            }
            progress?.Invoke((source + 1.0) / all);
        }
    }

    /// <summary>Pods with themselves, and with the nodes that run them.</summary>
    private static void MeetOwn(PolicyWorld world, GroupBuilder groups, ComparedGroup group, IpFamily family, WalkTable walks, ItemUse use)
    {
        var address = group.Pods[0].New.AddressOf(family);
        var self = group.Over(family).OldPeer;
        use.Meet(Walk(self, Direction.Egress, Scope.Self), Walk(self, Direction.Ingress, Scope.Self));
        foreach (var place in group.OwnNodes)
        {
            if (groups.Groups[groups.FirstNode + place].Over(family) is { IsPresent: true } node)
                use.Meet(Walk(node.OldPeer, Direction.Egress, Scope.OwnNode), WalkTable.Unjudged);
        }

        int Walk(int peer, Direction direction, Scope scope) => world.Subject(address, direction, scope) is { } subject
            ? walks.NumberOf(direction, subject, world.Project(subject, peer))
            : WalkTable.Unjudged;
    }
}
