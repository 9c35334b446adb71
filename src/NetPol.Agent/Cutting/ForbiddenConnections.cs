using NetPol.Model.Rules;
using NetPol.Netlink.Conntrack;

namespace NetPol.Agent.Cutting;

/// <summary>Finds established connections that the rules would not let begin now.</summary>
internal static class ForbiddenConnections
{
    /// <param name="kernel">The connections.</param>
    /// <param name="suspects">Only connections of these are judged.</param>
    /// <param name="rules">What judges them.</param>
    /// <exception cref="Netlink.NetlinkException">The kernel refused to list them.</exception>
    public static List<ConntrackEntry> Among(KernelConnections kernel, Suspects suspects, NodeRuleSet rules)
    {
        var judge = new RuleSetEvaluator(rules);
        var isOfNode = kernel.OwnAddresses();
        List<ConntrackEntry> forbidden = [], announced = [];
        kernel.ReadAll(entry =>
        {
            if (entry.Master is not null)
            {
                announced.Add(entry);
                return;
            }
            var connection = KernelConnections.Judged(entry);
            if ((suspects.Contains(connection.Source) || suspects.Contains(connection.Destination)) && judge.Drops(connection, isOfNode))
                forbidden.Add(entry);
        });
        // What another connection announced passed as related to it, and goes with it.
        var masters = forbidden.Select(entry => entry.Original).ToHashSet();
        forbidden.AddRange(announced.Where(entry => masters.Contains(entry.Master!)));
        return forbidden;
    }
}
