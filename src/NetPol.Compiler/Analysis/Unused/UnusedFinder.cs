using NetPol.Compiler.Analysis.Diff;
using NetPol.Compiler.Analysis.Reachability;
using NetPol.Compiler.Ports;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Unused;

/// <summary>Finds policies and rules that decide nothing or change nothing in the current cluster. Pure.</summary>
public static class UnusedFinder
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <summary>
    /// Returns unused policies and rules in evaluation order, ingress rules first. Omits the rules of an unused policy. Each item is unused by itself:
    /// after the removal of one, another one may become useful. Ignores audited policies.
    /// </summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="progress">Receives the completed share from time to time, from 0 to 1. May be null.</param>
    public static ValueArray<UnusedPolicy> Find(ClusterSnapshot cluster, Action<double>? progress = null)
    {
        var reachability = new ReachabilityIndex(cluster, new());
        var groups = new EndpointGroupBuilder(reachability, reachability);
        groups.Build();
        var items = new PolicyItemTable(cluster.Policies.Where(p => !p.IsAudited));
        var traces = new RuleTraceTable(items);
        reachability.Evaluate(traces.GetOrAdd, RuleTraceTable.Unevaluated);
        var use = new VerdictImpact(items, traces);
        AddConnections(reachability, groups, traces, use, progress);
        return new UnusedReport(cluster, items, new RuleUsageCollector(items, traces, use), use).Create();
    }

    private static void AddConnections(ReachabilityIndex reachability, EndpointGroupBuilder groups, RuleTraceTable traces, VerdictImpact use, Action<double>? progress)
    {
        var all = groups.Groups.Count;
        var (egress, ingress) = (new int[reachability.PeerCount], new int[reachability.Ingress.PolicySetCount]);
        for (var source = 0; source < all; source++)
        {
            foreach (var family in Families)
            {
                var from = groups.Groups[source].NumbersFor(family);
                if (!from.IsPresent)
                    continue;
                reachability.Egress.CopyRow(from.OldEgress, egress);
                reachability.Ingress.CopyColumn(from.OldPeer, ingress);
                for (var destination = 0; destination < (source < groups.FirstNode ? all : groups.FirstNode); destination++)
                {
                    var to = groups.Groups[destination].NumbersFor(family);
                    if (to.IsPresent && groups.HasConnection(source, destination))
                        use.AddConnection(egress[to.OldPeer], ingress[to.OldIngress]);
                }
                if (source < groups.FirstNode)
                    AddSelfAndOwnNode(reachability, groups, groups.Groups[source], family, traces, use);
            }
            progress?.Invoke((source + 1.0) / all);
        }
    }

    /// <summary>Adds the connections of pods with themselves and with their own nodes.</summary>
    private static void AddSelfAndOwnNode(ReachabilityIndex reachability, EndpointGroupBuilder groups, EndpointGroupDraft group, IpFamily family, RuleTraceTable traces, VerdictImpact use)
    {
        var address = reachability.AddressOf(group.Pods[0].New, family)!.Value;
        var self = group.NumbersFor(family).OldPeer;
        use.AddConnection(Trace(self, Direction.Egress, PeerRelation.Self), Trace(self, Direction.Ingress, PeerRelation.Self));
        foreach (var place in group.OwnNodes)
        {
            if (groups.Groups[groups.FirstNode + place].NumbersFor(family) is { IsPresent: true } node)
                use.AddConnection(Trace(node.OldPeer, Direction.Egress, PeerRelation.OwnNode), RuleTraceTable.Unevaluated);
        }

        int Trace(int peer, Direction direction, PeerRelation scope) => reachability.PolicySetOf(address, direction, scope) is { } subject
            ? traces.GetOrAdd(direction, subject, reachability.Project(subject, peer))
            : RuleTraceTable.Unevaluated;
    }
}
