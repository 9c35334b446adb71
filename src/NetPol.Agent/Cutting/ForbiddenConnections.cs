using NetPol.Model.Rules;
using NetPol.Netlink.Conntrack;

namespace NetPol.Agent.Cutting;

/// <summary>Finds established connections that the rules would not let begin now.</summary>
internal static class ForbiddenConnections
{
    /// <param name="kernel">The connections.</param>
    /// <param name="suspects">Only connections of these are judged.</param>
    /// <param name="inForce">The rules of the moment that judge them. What rules let in that came into force meanwhile is not forbidden.</param>
    /// <exception cref="Netlink.NetlinkException">The kernel refused to list them.</exception>
    public static List<ConntrackEntry> Among(KernelConnections kernel, Suspects suspects, Func<NodeRuleSet> inForce)
    {
        var isOfNode = kernel.OwnAddresses();
        var judge = new RuleSetEvaluator(inForce());
        List<ConntrackEntry> forbidden = [], announced = [];
        kernel.ReadAll(entry =>
        {
            if (entry.Master is not null)
                announced.Add(entry);
            else if (IsForbidden(entry))
                forbidden.Add(entry);
        });
        judge = new(inForce());
        forbidden.RemoveAll(entry => !IsForbidden(entry));
        // What another connection announced passed as related to it, and goes with it; when that is gone, it is judged by itself.
        var masters = forbidden.Select(entry => entry.Original).ToHashSet();
        forbidden.AddRange(announced.Where(entry => masters.Contains(entry.Master!) || (IsForbidden(entry) && !kernel.Tracks(entry.Master!))));
        return forbidden;

        bool IsForbidden(ConntrackEntry entry)
        {
            var connection = KernelConnections.Judged(entry);
            return (suspects.Contains(connection.Source) || suspects.Contains(connection.Destination)) && judge.Drops(connection, isOfNode);
        }
    }
}
