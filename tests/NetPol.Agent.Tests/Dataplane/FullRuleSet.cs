using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.Tests.Dataplane;

/// <summary>Checks a whole rule set. Tests compare the check of changes with it.</summary>
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
            return $"port policy {portPolicy.Id} names decision {portPolicy.Default}, which is missing";
        for (var i = 0; i < portPolicy.Entries.Count; i++)
        {
            var entry = portPolicy.Entries[i];
            if (!directions.TryGetValue(entry.Decision, out var decides))
                return $"port policy {portPolicy.Id} names decision {entry.Decision}, which is missing";
            if (decides != direction)
                return $"port policy {portPolicy.Id} has decisions of both directions";
            if (i > 0 && portPolicy.Entries[i - 1] is var before && before.Protocol == entry.Protocol && before.Ports.Last >= entry.Ports.First)
                return $"entries of port policy {portPolicy.Id} overlap";
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
                return $"{point} names port policy {portPolicy}, which is missing or of the other direction";
        }
        foreach (var id in rules.Peers.Select(p => p.Identity).Concat(rules.Networks.Select(n => n.Identity)).Concat(rules.PolicyEntries.Select(c => c.Identity)))
        {
            if (!classes.Contains(id))
                return $"{point} names peer identity {id}, which is missing";
        }
        // In a large change, policy entries are added before their subjects and removed after them, while no peer has their identity.
        var named = rules.Peers.Select(p => p.Identity).Concat(rules.Networks.Select(n => n.Identity)).ToHashSet();
        foreach (var subject in rules.PolicyEntries.Where(c => named.Contains(c.Identity)).Select(c => c.Subject).Concat(rules.Self.Select(s => s.Subject)))
        {
            if (!subjects.Contains(subject))
                return $"{point} has entries for {subject}, which is no subject";
        }
        for (var i = 1; i < rules.Networks.Count; i++)
        {
            if (rules.Networks[i - 1].Range.Last >= rules.Networks[i].Range.First)
                return $"{point} has networks that overlap";
        }
        return null;
    }
}
