using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Netlink.Conntrack;

namespace NetPol.Agent.Conntrack;

/// <summary>A tracked connection that the rules would not let begin now.</summary>
/// <param name="Entry">As the kernel tracks it.</param>
/// <param name="IsReversed">Whether the end began it that the kernel takes for the far one, see <see cref="StaleConnectionFinder"/>.</param>
internal readonly record struct StaleConnection(ConntrackEntry Entry, bool IsReversed);

/// <summary>
/// Finds established connections that the rules would not let begin now. The kernel's original direction is that of the first packet it saw. Where that need not
/// be the direction in which the connection began, both directions are judged, and the connection is forbidden when either is.
/// </summary>
internal static class StaleConnectionFinder
{
    /// <summary>Clients have ports from here on (ip-sysctl, ip_local_port_range), servers and node ports lie below.</summary>
    private const ushort FirstClientPort = 32_768;

    /// <param name="kernel">The connections.</param>
    /// <param name="affectedEndpoints">Only connections of these are judged.</param>
    /// <param name="programmed">The rules of the moment that judge them. What rules let in that came into force meanwhile is not forbidden.</param>
    /// <exception cref="Netlink.NetlinkException">The kernel refused to list them.</exception>
    public static List<StaleConnection> Find(ConntrackTable kernel, AffectedEndpoints affectedEndpoints, Func<NodeRuleSet> programmed)
    {
        var isOfNode = kernel.CreateLocalAddressTest();
        var evaluate = new RuleSetEvaluator(programmed());
        List<StaleConnection> stale = [];
        List<ConntrackEntry> announced = [];
        kernel.ReadAll(entry =>
        {
            if (entry.Master is not null)
                announced.Add(entry);
            else if (Evaluate(entry) is { } found)
                stale.Add(found);
        });
        evaluate = new(programmed());
        stale.RemoveAll(found => Evaluate(found.Entry) is null);
        // What another connection announced passed as related to it, and goes with it; when that is gone, it is judged by itself.
        var masters = stale.Select(found => found.Entry.Original).ToHashSet();
        stale.AddRange(announced.Where(entry => masters.Contains(entry.Master!) || (Evaluate(entry) is not null && !kernel.Contains(entry.Master!)))
            .Select(entry => new StaleConnection(entry, IsReversed: false)));
        return stale;

        StaleConnection? Evaluate(ConntrackEntry entry)
        {
            var connection = ConntrackTable.ToConnection(entry);
            var isAffectedEndpoint = affectedEndpoints.Contains(connection.Source) || affectedEndpoints.Contains(connection.Destination);
            if (isAffectedEndpoint && evaluate.Drops(connection, isOfNode))
                return new(entry, IsReversed: false);
            // The node's own connections are judged in neither direction.
            var isDoubtful = entry.IsPickedUp ? isAffectedEndpoint || affectedEndpoints.IncludesMidstream : isAffectedEndpoint && affectedEndpoints.AreUnverified;
            return isDoubtful && MayBeReversed(entry) && !isOfNode(connection.Source) && evaluate.Drops(ConntrackTable.ToReverseConnection(entry), isOfNode)
                ? new(entry, IsReversed: true)
                : null;
        }
    }

    /// <summary>
    /// Whether the far end may have begun it: unless the near end's port is one of clients and the far end's is one of servers. Of a forbidden connection that was picked
    /// up in reverse, the near end's port is the server's, which who began it cannot choose.
    /// </summary>
    private static bool MayBeReversed(ConntrackEntry entry) =>
        ((NetPol.Model.Net.Protocol)entry.Original.Protocol).HasPorts() && !(entry.Original.SourcePort >= FirstClientPort && entry.Reply.SourcePort < FirstClientPort);
}
