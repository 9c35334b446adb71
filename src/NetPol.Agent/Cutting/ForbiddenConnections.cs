using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Netlink.Conntrack;

namespace NetPol.Agent.Cutting;

/// <summary>A tracked connection that the rules would not let begin now.</summary>
/// <param name="Entry">As the kernel tracks it.</param>
/// <param name="IsReversed">Whether the end began it that the kernel takes for the far one, see <see cref="ForbiddenConnections"/>.</param>
internal readonly record struct ForbiddenConnection(ConntrackEntry Entry, bool IsReversed);

/// <summary>
/// Finds established connections that the rules would not let begin now. The kernel's original direction is that of the first packet it saw. Where that need not
/// be the direction in which the connection began, both directions are judged, and the connection is forbidden when either is.
/// </summary>
internal static class ForbiddenConnections
{
    /// <summary>Clients have ports from here on (ip-sysctl, ip_local_port_range), servers and node ports lie below.</summary>
    private const ushort FirstClientPort = 32_768;

    /// <param name="kernel">The connections.</param>
    /// <param name="suspects">Only connections of these are judged.</param>
    /// <param name="inForce">The rules of the moment that judge them. What rules let in that came into force meanwhile is not forbidden.</param>
    /// <exception cref="Netlink.NetlinkException">The kernel refused to list them.</exception>
    public static List<ForbiddenConnection> Among(KernelConnections kernel, Suspects suspects, Func<NodeRuleSet> inForce)
    {
        var isOfNode = kernel.OwnAddresses();
        var judge = new RuleSetEvaluator(inForce());
        List<ForbiddenConnection> forbidden = [];
        List<ConntrackEntry> announced = [];
        kernel.ReadAll(entry =>
        {
            if (entry.Master is not null)
                announced.Add(entry);
            else if (Judge(entry) is { } found)
                forbidden.Add(found);
        });
        judge = new(inForce());
        forbidden.RemoveAll(found => Judge(found.Entry) is null);
        // What another connection announced passed as related to it, and goes with it; when that is gone, it is judged by itself.
        var masters = forbidden.Select(found => found.Entry.Original).ToHashSet();
        forbidden.AddRange(announced.Where(entry => masters.Contains(entry.Master!) || (Judge(entry) is not null && !kernel.Tracks(entry.Master!)))
            .Select(entry => new ForbiddenConnection(entry, IsReversed: false)));
        return forbidden;

        ForbiddenConnection? Judge(ConntrackEntry entry)
        {
            var connection = KernelConnections.Judged(entry);
            var isSuspect = suspects.Contains(connection.Source) || suspects.Contains(connection.Destination);
            if (isSuspect && judge.Drops(connection, isOfNode))
                return new(entry, IsReversed: false);
            // The node's own connections are judged in neither direction.
            var isDoubtful = entry.IsPickedUp ? isSuspect || suspects.AreMidstream : isSuspect && suspects.AreUnproven;
            return isDoubtful && MayBeReversed(entry) && !isOfNode(connection.Source) && judge.Drops(KernelConnections.Reversed(entry), isOfNode)
                ? new(entry, IsReversed: true)
                : null;
        }
    }

    /// <summary>
    /// Whether the far end may have begun it: unless the near end's port is one of clients and the far end's is one of servers. Of a forbidden connection that was picked
    /// up in reverse, the near end's port is the server's, which who began it cannot choose.
    /// </summary>
    private static bool MayBeReversed(ConntrackEntry entry) =>
        ((Model.Protocol)entry.Original.Protocol).HasPorts() && !(entry.Original.SourcePort >= FirstClientPort && entry.Reply.SourcePort < FirstClientPort);
}
