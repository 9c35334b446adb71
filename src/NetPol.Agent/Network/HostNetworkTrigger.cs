using NetPol.Agent.Enforcing;
using NetPol.Model.Rules;
using NetPol.Netlink.Routing;

namespace NetPol.Agent.Network;

/// <summary>Has the node's network read again when the rules change which pods the node has.</summary>
internal sealed class HostNetworkTrigger(RouteMonitor monitor) : IRuleSetObserver
{
    public void RulesChanged(NodeRuleSetDelta? change)
    {
        if (change is null || ChangesPods(change))
            monitor.Wake();
    }

    private static bool ChangesPods(NodeRuleSetDelta change) =>
        !change.PodNetworks.IsEmpty || !change.KnownPods.IsEmpty || !change.GrantedSources.IsEmpty || Enum.GetValues<Hook>().Any(hook => !change.Rules(hook).Rest.IsEmpty);
}
