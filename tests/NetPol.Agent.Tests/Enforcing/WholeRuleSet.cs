using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Agent.Tests.Enforcing;

/// <summary>Whether the facts of a rule set belong together, looked at whole: what the check of changes is compared with.</summary>
internal static class WholeRuleSet
{
    /// <summary>What is wrong; null when nothing is. Order and uniqueness are not looked at: applying a difference does that.</summary>
    public static string? Fault(NodeRuleSet rules)
    {
        var directions = rules.Decisions.ToDictionary(d => d.Id, d => d.Direction);
        var profiles = new Dictionary<ProfileId, Direction>(rules.Profiles.Count);
        foreach (var profile in rules.Profiles)
        {
            if (Fault(profile, directions) is { } fault)
                return fault;
            profiles.Add(profile.Id, directions[profile.Otherwise]);
        }
        for (var i = 1; i < rules.PodNetworks.Count; i++)
        {
            if (rules.PodNetworks[i - 1].Contains(rules.PodNetworks[i]))
                return $"the pod network {rules.PodNetworks[i]} lies in another";
        }
        for (var i = 1; i < rules.GrantedSources.Count; i++)
        {
            if (rules.GrantedSources[i - 1] is var before && before.Pod == rules.GrantedSources[i].Pod && before.Sources.Contains(rules.GrantedSources[i].Sources))
                return $"the sources {rules.GrantedSources[i].Sources} that {before.Pod} is granted lie in others";
        }
        if (rules.GrantedSources.Any(g => g.Sources.PrefixLength == 0))
            return "a pod is granted every source there is";
        return Enum.GetValues<Hook>().Select(hook => Fault(hook, rules.Rules(hook), profiles)).FirstOrDefault(fault => fault is not null);
    }

    private static string? Fault(PortProfile profile, Dictionary<DecisionId, Direction> directions)
    {
        if (!directions.TryGetValue(profile.Otherwise, out var direction))
            return $"profile {profile.Id} names decision {profile.Otherwise}, which is missing";
        for (var i = 0; i < profile.Cells.Count; i++)
        {
            var cell = profile.Cells[i];
            if (!directions.TryGetValue(cell.Decision, out var decides))
                return $"profile {profile.Id} names decision {cell.Decision}, which is missing";
            if (decides != direction)
                return $"profile {profile.Id} decides in both directions";
            if (i > 0 && profile.Cells[i - 1] is var before && before.Protocol == cell.Protocol && before.Ports.Last >= cell.Ports.First)
                return $"cells of profile {profile.Id} overlap";
        }
        return null;
    }

    private static string? Fault(Hook hook, HookRules rules, Dictionary<ProfileId, Direction> profiles)
    {
        var direction = hook == Hook.Ingress ? Direction.Ingress : Direction.Egress;
        var classes = rules.Classes.ToHashSet();
        var subjects = rules.Rest.Select(r => r.Subject).ToHashSet();
        foreach (var profile in rules.Rest.Concat(rules.Self).Select(r => r.Profile).Concat(rules.Cells.Select(c => c.Profile)))
        {
            if (!profiles.TryGetValue(profile, out var decides) || decides != direction)
                return $"{hook} names profile {profile}, which is missing or of the other direction";
        }
        foreach (var id in rules.Peers.Select(p => p.Class).Concat(rules.Networks.Select(n => n.Class)).Concat(rules.Cells.Select(c => c.Class)))
        {
            if (!classes.Contains(id))
                return $"{hook} names class {id}, which is missing";
        }
        // Cells of a large change come before their subjects and go after them, while no peer has their class.
        var named = rules.Peers.Select(p => p.Class).Concat(rules.Networks.Select(n => n.Class)).ToHashSet();
        foreach (var subject in rules.Cells.Where(c => named.Contains(c.Class)).Select(c => c.Subject).Concat(rules.Self.Select(s => s.Subject)))
        {
            if (!subjects.Contains(subject))
                return $"{hook} judges {subject}, which is no subject";
        }
        for (var i = 1; i < rules.Networks.Count; i++)
        {
            if (rules.Networks[i - 1].Range.Last >= rules.Networks[i].Range.First)
                return $"{hook} has networks that overlap";
        }
        return null;
    }
}
