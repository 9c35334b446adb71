using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.Tests.Dataplane;

/// <summary>Whether the facts of a rule set belong together, looked at whole: what the check of changes is compared with.</summary>
internal static class FullRuleSet
{
    /// <summary>What is wrong; null when nothing is. Order and uniqueness are not looked at: applying a difference does that.</summary>
    public static string? Fault(NodeRuleSet rules)
    {
        var directions = rules.Decisions.ToDictionary(d => d.Id, d => d.Direction);
        var portPolicies = new Dictionary<PortPolicyId, Direction>(rules.PortPolicies.Count);
        foreach (var portPolicy in rules.PortPolicies)
        {
            if (Fault(portPolicy, directions) is { } fault)
                return fault;
            portPolicies.Add(portPolicy.Id, directions[portPolicy.Default]);
        }
        for (var i = 1; i < rules.PodCidrs.Count; i++)
        {
            if (rules.PodCidrs[i - 1].Contains(rules.PodCidrs[i]))
                return $"the pod network {rules.PodCidrs[i]} lies in another";
        }
        for (var i = 1; i < rules.GrantedSources.Count; i++)
        {
            if (rules.GrantedSources[i - 1] is var before && before.Pod == rules.GrantedSources[i].Pod && before.Sources.Contains(rules.GrantedSources[i].Sources))
                return $"the sources {rules.GrantedSources[i].Sources} that {before.Pod} is granted lie in others";
        }
        if (rules.GrantedSources.Any(g => g.Sources.PrefixLength == 0))
            return "a pod is granted every source there is";
        return Enum.GetValues<EnforcementPoint>().Select(point => Fault(point, rules.RulesAt(point), portPolicies)).FirstOrDefault(fault => fault is not null);
    }

    private static string? Fault(PortPolicy portPolicy, Dictionary<DecisionId, Direction> directions)
    {
        if (!directions.TryGetValue(portPolicy.Default, out var direction))
            return $"profile {portPolicy.Id} names decision {portPolicy.Default}, which is missing";
        for (var i = 0; i < portPolicy.Entries.Count; i++)
        {
            var entry = portPolicy.Entries[i];
            if (!directions.TryGetValue(entry.Decision, out var decides))
                return $"profile {portPolicy.Id} names decision {entry.Decision}, which is missing";
            if (decides != direction)
                return $"profile {portPolicy.Id} decides in both directions";
            if (i > 0 && portPolicy.Entries[i - 1] is var before && before.Protocol == entry.Protocol && before.Ports.Last >= entry.Ports.First)
                return $"cells of profile {portPolicy.Id} overlap";
        }
        return null;
    }

    private static string? Fault(EnforcementPoint point, EnforcementRules rules, Dictionary<PortPolicyId, Direction> portPolicies)
    {
        var direction = point == EnforcementPoint.PodIngress ? Direction.Ingress : Direction.Egress;
        var classes = rules.Identities.ToHashSet();
        var subjects = rules.Defaults.Select(r => r.Subject).ToHashSet();
        foreach (var portPolicy in rules.Defaults.Concat(rules.Self).Select(r => r.PortPolicy).Concat(rules.PolicyEntries.Select(c => c.PortPolicy)))
        {
            if (!portPolicies.TryGetValue(portPolicy, out var decides) || decides != direction)
                return $"{point} names profile {portPolicy}, which is missing or of the other direction";
        }
        foreach (var id in rules.Peers.Select(p => p.Identity).Concat(rules.Networks.Select(n => n.Identity)).Concat(rules.PolicyEntries.Select(c => c.Identity)))
        {
            if (!classes.Contains(id))
                return $"{point} names class {id}, which is missing";
        }
        // Cells of a large change come before their subjects and go after them, while no peer has their class.
        var named = rules.Peers.Select(p => p.Identity).Concat(rules.Networks.Select(n => n.Identity)).ToHashSet();
        foreach (var subject in rules.PolicyEntries.Where(c => named.Contains(c.Identity)).Select(c => c.Subject).Concat(rules.Self.Select(s => s.Subject)))
        {
            if (!subjects.Contains(subject))
                return $"{point} judges {subject}, which is no subject";
        }
        for (var i = 1; i < rules.Networks.Count; i++)
        {
            if (rules.Networks[i - 1].Range.Last >= rules.Networks[i].Range.First)
                return $"{point} has networks that overlap";
        }
        return null;
    }
}
