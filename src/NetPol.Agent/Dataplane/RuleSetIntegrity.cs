using System.Runtime.InteropServices;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.Dataplane;

/// <summary>
/// Checks that the facts of a rule set that came from elsewhere belong together. It counts what is named by how many facts, so a change costs what it changes. Order and uniqueness are not checked:
/// applying a difference does that. Not for use by two threads at once.
/// </summary>
internal sealed class RuleSetIntegrity
{
    private readonly ReferenceCounts<DecisionId> _decisions = new();
    private readonly ReferenceCounts<(PortPolicyId PortPolicy, Direction Direction)> _portPolicies = new();
    private readonly Dictionary<EnforcementPoint, EnforcementRulesIntegrity> _points;
    private NodeRuleSet? _counted;

    public RuleSetIntegrity() => _points = Enum.GetValues<EnforcementPoint>().ToDictionary(h => h, h => new EnforcementRulesIntegrity(h, _portPolicies));

    private IEnumerable<IReferenceCounts> Counts => _points.Values.SelectMany(h => h.Counts).Prepend(_portPolicies).Prepend(_decisions);

    /// <summary>What is wrong with a whole rule set; null when nothing is.</summary>
    public static string? FindViolation(NodeRuleSet rules)
    {
        var nothing = NodeRuleSet.CreateEmpty(rules.Node);
        return new RuleSetIntegrity().FindViolation(nothing, NodeRuleSetDelta.Between(nothing, rules), rules);
    }

    /// <summary>What is wrong with what a change makes of a rule set; null when nothing is.</summary>
    /// <param name="before">A rule set in which nothing is wrong. When it is not the last one that was found to be so, all of it is counted anew.</param>
    /// <param name="change">The change.</param>
    /// <param name="after">What the change makes of <paramref name="before"/>.</param>
    public string? FindViolation(NodeRuleSet before, NodeRuleSetDelta change, NodeRuleSet after)
    {
        if (!ReferenceEquals(_counted, before))
        {
            foreach (var counts in Counts)
                counts.Clear();
            Count(NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty(before.Node), before));
            Keep();
        }
        Count(change);
        var fault = Find(change, after);
        if (fault is null)
        {
            Keep();
        }
        else
        {
            foreach (var counts in Counts)
                counts.Undo();
        }
        _counted = fault is null ? after : before;
        return fault;
    }

    private void Keep()
    {
        foreach (var counts in Counts)
            counts.Keep();
    }

    private void Count(NodeRuleSetDelta change)
    {
        foreach (var portPolicy in change.PortPolicies.Removed)
            Count(portPolicy, -1);
        foreach (var portPolicy in change.PortPolicies.Added)
            Count(portPolicy, 1);
        foreach (var (point, integrity) in _points)
            integrity.Count(change.RulesAt(point));
    }

    private void Count(PortPolicy portPolicy, int more)
    {
        _decisions.Add(portPolicy.Default, more);
        foreach (var entry in portPolicy.Entries)
            _decisions.Add(entry.Decision, more);
    }

    private string? Find(NodeRuleSetDelta change, NodeRuleSet rules)
    {
        foreach (var decision in change.Decisions.Added)
        {
            if (SortedListLookup.Find(change.Decisions.Removed, d => d.Id, decision.Id) is { } before && before.Direction != decision.Direction)
                return $"decision {decision.Id} decides in another direction than before";
        }
        foreach (var id in _decisions.Changed.Concat(change.Decisions.Removed.Select(d => d.Id)))
        {
            if (_decisions[id] > 0 && Decision(rules, id) is null)
                return $"a profile names decision {id}, which is missing";
        }
        foreach (var portPolicy in change.PortPolicies.Added)
        {
            if (FindViolation(portPolicy, rules) is { } fault)
                return fault;
        }
        var portPolicies = change.PortPolicies.Removed.Concat(change.PortPolicies.Added).Select(p => p.Id)
            .SelectMany(id => Enum.GetValues<Direction>(), (id, direction) => (id, direction));
        foreach (var (id, direction) in _portPolicies.Changed.Concat(portPolicies))
        {
            if (_portPolicies[(id, direction)] > 0 && (SortedListLookup.Find(rules.PortPolicies, p => p.Id, id) is not { } portPolicy || Decision(rules, portPolicy.Default)!.Direction != direction))
                return $"{direction} names profile {id}, which is missing or of the other direction";
        }
        return FaultOfAddresses(change, rules) ?? _points.Select(h => h.Value.FindViolation(change.RulesAt(h.Key), rules.RulesAt(h.Key))).FirstOrDefault(fault => fault is not null);
    }

    private static Decision? Decision(NodeRuleSet rules, DecisionId id) => SortedListLookup.Find(rules.Decisions, d => d.Id, id);

    private static string? FindViolation(PortPolicy portPolicy, NodeRuleSet rules)
    {
        var direction = Decision(rules, portPolicy.Default)!.Direction;
        for (var i = 0; i < portPolicy.Entries.Count; i++)
        {
            var entry = portPolicy.Entries[i];
            if (Decision(rules, entry.Decision)!.Direction != direction)
                return $"profile {portPolicy.Id} decides in both directions";
            if (i > 0 && portPolicy.Entries[i - 1] is var before && before.Protocol == entry.Protocol && before.Ports.Last >= entry.Ports.First)
                return $"cells of profile {portPolicy.Id} overlap";
        }
        return null;
    }

    /// <summary>These lists are short, and seldom change: then they are checked whole.</summary>
    private static string? FaultOfAddresses(NodeRuleSetDelta change, NodeRuleSet rules)
    {
        for (var i = 1; i < rules.PodCidrs.Count && !change.PodCidrs.IsEmpty; i++)
        {
            if (rules.PodCidrs[i - 1].Contains(rules.PodCidrs[i]))
                return $"the pod network {rules.PodCidrs[i]} lies in another";
        }
        for (var i = 1; i < rules.GrantedSources.Count && !change.GrantedSources.IsEmpty; i++)
        {
            if (rules.GrantedSources[i - 1] is var before && before.Pod == rules.GrantedSources[i].Pod && before.Sources.Contains(rules.GrantedSources[i].Sources))
                return $"the sources {rules.GrantedSources[i].Sources} that {before.Pod} is granted lie in others";
        }
        return change.GrantedSources.Added.Any(g => g.Sources.PrefixLength == 0) ? "a pod is granted every source there is" : null;
    }
}

/// <summary>The same for the rules of one hook.</summary>
internal sealed class EnforcementRulesIntegrity(EnforcementPoint point, ReferenceCounts<(PortPolicyId PortPolicy, Direction Direction)> portPolicies)
{
    private readonly Direction _direction = point == EnforcementPoint.PodIngress ? Direction.Ingress : Direction.Egress;
    private readonly ReferenceCounts<PeerIdentity> _peers = new();
    private readonly ReferenceCounts<PeerIdentity> _entries = new();
    private readonly ReferenceCounts<IpAddress> _entriesOfSubject = new();

    public IEnumerable<IReferenceCounts> Counts => [_peers, _entries, _entriesOfSubject];

    public void Count(EnforcementRulesDelta change)
    {
        Each(change.Defaults, (rest, more) => portPolicies.Add((rest.PortPolicy, _direction), more));
        Each(change.Self, (self, more) => portPolicies.Add((self.PortPolicy, _direction), more));
        Each(change.Peers, (peer, more) => _peers.Add(peer.Identity, more));
        Each(change.Networks, (network, more) => _peers.Add(network.Identity, more));
        Each(change.PolicyEntries, (entry, more) =>
        {
            portPolicies.Add((entry.PortPolicy, _direction), more);
            _entries.Add(entry.Identity, more);
            _entriesOfSubject.Add(entry.Subject, more);
        });
    }

    public string? FindViolation(EnforcementRulesDelta change, EnforcementRules rules)
    {
        foreach (var id in _peers.Changed.Concat(_entries.Changed).Concat(change.Identities.Removed))
        {
            if (_peers[id] + _entries[id] > 0 && rules.Identities.Span.BinarySearch(id) < 0)
                return $"{point} names class {id}, which is missing";
        }
        if (EvaluatedSubjects(change, rules).Any(s => !IsSubject(rules, s)))
            return $"{point} judges {EvaluatedSubjects(change, rules).First(s => !IsSubject(rules, s))}, which is no subject";
        foreach (var network in change.Networks.Added)
        {
            var place = SortedListLookup.IndexOf(rules.Networks, n => n.Range, network.Range);
            if ((place > 0 && rules.Networks[place - 1].Range.Last >= network.Range.First) ||
                (place + 1 < rules.Networks.Count && network.Range.Last >= rules.Networks[place + 1].Range.First))
                return $"{point} has networks that overlap";
        }
        return null;
    }

    /// <summary>The addresses that must be subjects, as far as the change may have made one none. Cells of a large change come before their subjects and go after them, while no peer has their class.</summary>
    private IEnumerable<IpAddress> EvaluatedSubjects(EnforcementRulesDelta change, EnforcementRules rules)
    {
        var met = _peers.Changed.Where(c => _peers.Before(c) == 0 && _peers[c] > 0).SelectMany(c => SubjectsOf(rules, c));
        var left = change.Defaults.Removed.Select(r => r.Subject).Where(s => IsEvaluated(rules, s));
        return change.PolicyEntries.Added.Where(c => _peers[c.Identity] > 0).Select(c => c.Subject).Concat(change.Self.Added.Select(s => s.Subject)).Concat(met).Concat(left);
    }

    private bool IsEvaluated(EnforcementRules rules, IpAddress subject) => SortedListLookup.IndexOf(rules.Self, s => s.Subject, subject) >= 0 ||
        (_entriesOfSubject[subject] > 0 && rules.Identities.Any(c => _peers[c] > 0 && SortedListLookup.IndexOf(rules.PolicyEntries, e => (e.Identity, e.Subject), (c, subject)) >= 0));

    private static bool IsSubject(EnforcementRules rules, IpAddress address) => SortedListLookup.IndexOf(rules.Defaults, r => r.Subject, address) >= 0;

    private static IEnumerable<IpAddress> SubjectsOf(EnforcementRules rules, PeerIdentity peerIdentity)
    {
        var first = SortedListLookup.IndexOf(rules.PolicyEntries, c => c.Identity, peerIdentity);
        while (first > 0 && rules.PolicyEntries[first - 1].Identity == peerIdentity)
            first--;
        for (var i = Math.Max(first, 0); i < rules.PolicyEntries.Count && rules.PolicyEntries[i].Identity == peerIdentity; i++)
            yield return rules.PolicyEntries[i].Subject;
    }

    private static void Each<T>(ListChange<T> change, Action<T, int> count)
    {
        foreach (var item in change.Removed)
            count(item, -1);
        foreach (var item in change.Added)
            count(item, 1);
    }
}

/// <summary>Counts that a change may be taken back from.</summary>
internal interface IReferenceCounts
{
    void Keep();

    void Undo();

    void Clear();
}

/// <summary>By how many facts something is named.</summary>
internal sealed class ReferenceCounts<T> : IReferenceCounts
    where T : notnull
{
    private readonly Dictionary<T, int> _kept = [];
    private readonly Dictionary<T, int> _changes = [];

    /// <summary>What has another count than was kept, or was changed and has the same.</summary>
    public IEnumerable<T> Changed => _changes.Keys;

    public int this[T item] => Before(item) + _changes.GetValueOrDefault(item);

    /// <summary>The count that was kept.</summary>
    public int Before(T item) => _kept.GetValueOrDefault(item);

    public void Add(T item, int more) => CollectionsMarshal.GetValueRefOrAddDefault(_changes, item, out _) += more;

    public void Keep()
    {
        foreach (var item in _changes.Keys)
        {
            if (this[item] is var count and not 0)
                _kept[item] = count;
            else
                _kept.Remove(item);
        }
        _changes.Clear();
    }

    public void Undo() => _changes.Clear();

    public void Clear()
    {
        _kept.Clear();
        _changes.Clear();
    }
}

/// <summary>Looks things up in lists that are sorted by a unique key.</summary>
internal static class SortedListLookup
{
    /// <summary>The place of the item with the key, or of one of those with it; negative when there is none.</summary>
    public static int IndexOf<T, TKey>(ValueArray<T> sorted, Func<T, TKey> key, TKey wanted)
        where TKey : IComparable<TKey> => sorted.Span.BinarySearch(new Wanted<T, TKey>(key, wanted));

    /// <summary>The item with the key; null when there is none.</summary>
    public static T? Find<T, TKey>(ValueArray<T> sorted, Func<T, TKey> key, TKey wanted)
        where T : class
        where TKey : IComparable<TKey> => IndexOf(sorted, key, wanted) is var place and >= 0 ? sorted[place] : null;

    private readonly struct Wanted<T, TKey>(Func<T, TKey> key, TKey wanted) : IComparable<T>
        where TKey : IComparable<TKey>
    {
        public int CompareTo(T? other) => wanted.CompareTo(key(other!));
    }
}
