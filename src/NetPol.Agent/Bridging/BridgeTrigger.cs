using NetPol.Agent.Enforcing;
using NetPol.Model.Rules;
using NetPol.Netlink.Routing;

namespace NetPol.Agent.Bridging;

/// <summary>Has bridges looked at again when the rules change. Does nothing while no monitor is attached: not every kernel has bridges that can be limited.</summary>
internal sealed class BridgeTrigger : IRuleSetObserver
{
    private volatile RouteMonitor? _monitor;

    public void RulesChanged(NodeRuleSetDelta? change) => _monitor?.Wake();

    /// <summary>Wakes this monitor from now on, until it is detached.</summary>
    public void Attach(RouteMonitor monitor) => _monitor = monitor;

    public void Detach() => _monitor = null;
}
