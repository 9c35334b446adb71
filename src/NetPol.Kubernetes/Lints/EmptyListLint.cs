using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Lints;

/// <summary>Finds lists without items in rules of NetworkPolicies: they read like nothing, and mean everything.</summary>
internal static class EmptyListLint
{
    public static void Check(LintedRule rule, List<Diagnostic> found)
    {
        if (rule.Policy.Id.Kind != PolicyKind.NetworkPolicy)
            return;
        var direction = rule.Direction.ToString().ToLowerInvariant();
        if (rule.Empty(rule.PeersField) is var (peers, peersLine))
        {
            found.Add(rule.Warning("empty-peers", peers, peersLine,
                $"without items it means every peer, inside and outside the cluster: leave it out if that is meant, write peers if not; {direction}: [] allows nothing"));
        }
        if (rule.Empty(rule.PortsField) is var (ports, portsLine))
        {
            found.Add(rule.Warning("empty-ports", ports, portsLine,
                "without items it means every port and protocol: leave it out if that is meant, write ports if not"));
        }
    }
}
