using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Netlink.Conntrack;

namespace NetPol.Agent.Conntrack;

/// <summary>A tracked connection that the rules would not allow as a new one.</summary>
/// <param name="Entry">As the kernel tracks it.</param>
/// <param name="IsReversed">Whether the end that began it is the one that the kernel calls the reply source, see <see cref="StaleConnectionFinder"/>.</param>
internal readonly record struct StaleConnection(ConntrackEntry Entry, bool IsReversed);

/// <summary>
/// Finds established connections that the rules would not allow as new ones. The kernel's original direction is that of the first packet it saw. If the connection may have
/// begun in the other direction, both directions are evaluated, and the connection is stale if the rules forbid either.
/// </summary>
internal static class StaleConnectionFinder
{
    /// <summary>Clients use ports from here on (ip-sysctl, ip_local_port_range). Servers and node ports use lower ones.</summary>
    private const ushort FirstClientPort = 32_768;

    /// <param name="kernel">Lists the connections.</param>
    /// <param name="affectedEndpoints">Only connections of these addresses are evaluated.</param>
    /// <param name="programmed">Returns the programmed rules. It is called again after the listing, so that a connection that newer rules allow is not stale.</param>
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
        // A connection that another one announced passed as related, so it is removed with that one. If that one was deleted, it is evaluated by itself.
        var masters = stale.Select(found => found.Entry.Original).ToHashSet();
        stale.AddRange(announced.Where(entry => masters.Contains(entry.Master!) || (Evaluate(entry) is not null && !kernel.Contains(entry.Master!)))
            .Select(entry => new StaleConnection(entry, IsReversed: false)));
        return stale;

        StaleConnection? Evaluate(ConntrackEntry entry)
        {
            var connection = ConntrackTable.ToConnection(entry);
            var isAffected = affectedEndpoints.Contains(connection.Source) || affectedEndpoints.Contains(connection.Destination);
            if (isAffected && evaluate.Drops(connection, isOfNode))
                return new(entry, IsReversed: false);
            // No rule applies to the node's own connections.
            var mayBeReversed = entry.IsPickedUp ? isAffected || affectedEndpoints.IncludesMidstream : isAffected && affectedEndpoints.AreUnverified;
            return mayBeReversed && MayBeReversed(entry) && !isOfNode(connection.Source) && evaluate.Drops(ConntrackTable.ToReverseConnection(entry), isOfNode)
                ? new(entry, IsReversed: true)
                : null;
        }
    }

    /// <summary>
    /// Whether the far end may have begun it. That is false if the near end has a client port and the far end a server port. If a forbidden connection was picked up
    /// in reverse, the near end's port is the server's, and the client cannot choose that port.
    /// </summary>
    private static bool MayBeReversed(ConntrackEntry entry) =>
        ((NetPol.Model.Net.Protocol)entry.Original.Protocol).HasPorts() && !(entry.Original.SourcePort >= FirstClientPort && entry.Reply.SourcePort < FirstClientPort);
}
