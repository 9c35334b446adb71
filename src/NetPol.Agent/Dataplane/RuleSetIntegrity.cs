using System.Runtime.InteropServices;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.Dataplane;

/// <summary>
/// Checks that the entries of a received rule set refer only to entries that exist. It counts the references to each entry, so the cost of a check depends on the change alone. It does not check order
/// and uniqueness, because applying a difference does. Not for use by two threads at once.
/// </summary>
internal sealed class RuleSetIntegrity
{
    private readonly ReferenceCounts<DecisionId> _decisions = new();
    private readonly ReferenceCounts<(PortPolicyId PortPolicy, Direction Direction)> _portPolicies = new();
    private readonly Dictionary<EnforcementPoint, EnforcementRulesIntegrity> _points;
    private NodeRuleSet? _counted;

    public RuleSetIntegrity() => _points = Enum.GetValues<EnforcementPoint>().ToDictionary(h => h, h => new EnforcementRulesIntegrity(h, _portPolicies));

    private IEnumerable<IReferenceCounts> Counts => _points.Values.SelectMany(h => h.Counts).Prepend(_portPolicies).Prepend(_decisions);

    /// <summary>Returns what is wrong with a whole rule set; null if nothing is.</summary>
    public static string? FindViolation(NodeRuleSet rules)
    {
        var nothing = NodeRuleSet.CreateEmpty(rules.Node);
        return new RuleSetIntegrity().FindViolation(nothing, NodeRuleSetDelta.Between(nothing, rules), rules);
    }

    /// <summary>Returns what is wrong with a rule set after a change; null if nothing is.</summary>
    /// <param name="before">A valid rule set. If it is not the one that passed the last check, all its references are counted again.</param>
    /// <param name="change">The change.</param>
    /// <param name="after"><paramref name="before"/> with the change.</param>
    public string? FindViolation(NodeRuleSet before, NodeRuleSetDelta change, NodeRuleSet after)
    {
        if (!ReferenceEquals(_counted, before))
        {
            foreach (var counts in Counts)
                counts.Clear();
            Count(NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty(before.Node), before));
            Accept();
        }
        Count(change);
        var violation = Find(change, after);
        if (violation is null)
        {
            Accept();
        }
        else
        {
            foreach (var counts in Counts)
                counts.Undo();
        }
        _counted = violation is null ? after : before;
        return violation;
    }

    private void Accept()
    {
        foreach (var counts in Counts)
            counts.Accept();
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

    private void Count(PortPolicy portPolicy, int count)
    {
        _decisions.Add(portPolicy.Default, count);
        foreach (var entry in portPolicy.Entries)
            _decisions.Add(entry.Decision, count);
    }

    private string? Find(NodeRuleSetDelta change, NodeRuleSet rules)
    {
        foreach (var decision in change.Decisions.Added)
        {
            if (SortedListLookup.Find(change.Decisions.Removed, d => d.Id, decision.Id) is { } before && before.Direction != decision.Direction)
                return $"decision {decision.Id} changed its direction";
        }
        foreach (var id in _decisions.Changed.Concat(change.Decisions.Removed.Select(d => d.Id)))
        {
            if (_decisions[id] > 0 && Decision(rules, id) is null)
                return $"a port policy names decision {id}, which is missing";
        }
        foreach (var portPolicy in change.PortPolicies.Added)
        {
            if (FindViolation(portPolicy, rules) is { } violation)
                return violation;
        }
        var portPolicies = change.PortPolicies.Removed.Concat(change.PortPolicies.Added).Select(p => p.Id)
            .SelectMany(id => Enum.GetValues<Direction>(), (id, direction) => (id, direction));
        foreach (var (id, direction) in _portPolicies.Changed.Concat(portPolicies))
        {
            if (_portPolicies[(id, direction)] > 0 && (SortedListLookup.Find(rules.PortPolicies, p => p.Id, id) is not { } portPolicy || Decision(rules, portPolicy.Default)!.Direction != direction))
                return $"{direction} names port policy {id}, which is missing or of the other direction";
        }
        return FindAddressViolation(change, rules) ?? _points.Select(h => h.Value.FindViolation(change.RulesAt(h.Key), rules.RulesAt(h.Key))).FirstOrDefault(violation => violation is not null);
    }

    private static Decision? Decision(NodeRuleSet rules, DecisionId id) => SortedListLookup.Find(rules.Decisions, d => d.Id, id);

    private static string? FindViolation(PortPolicy portPolicy, NodeRuleSet rules)
    {
        var direction = Decision(rules, portPolicy.Default)!.Direction;
        for (var i = 0; i < portPolicy.Entries.Count; i++)
        {
            var entry = portPolicy.Entries[i];
            if (Decision(rules, entry.Decision)!.Direction != direction)
                return $"port policy {portPolicy.Id} has decisions of both directions";
            if (i > 0 && portPolicy.Entries[i - 1] is var before && before.Protocol == entry.Protocol && before.Ports.Last >= entry.Ports.First)
                return $"entries of port policy {portPolicy.Id} overlap";
        }
        return null;
    }

    /// <summary>Checks these lists whole, because they are short and seldom change.</summary>
    private static string? FindAddressViolation(NodeRuleSetDelta change, NodeRuleSet rules)
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
        return change.GrantedSources.Added.Any(g => g.Sources.PrefixLength == 0) ? "a pod is granted every source" : null;
    }
}

/// <summary>Checks the rules of one enforcement point.</summary>
internal sealed class EnforcementRulesIntegrity(EnforcementPoint point, ReferenceCounts<(PortPolicyId PortPolicy, Direction Direction)> portPolicies)
{
    private readonly Direction _direction = point == EnforcementPoint.PodIngress ? Direction.Ingress : Direction.Egress;
    private readonly ReferenceCounts<PeerIdentity> _peers = new();
    private readonly ReferenceCounts<PeerIdentity> _entries = new();
    private readonly ReferenceCounts<IpAddress> _entriesOfSubject = new();

    public IEnumerable<IReferenceCounts> Counts => [_peers, _entries, _entriesOfSubject];

    public void Count(EnforcementRulesDelta change)
    {
        Each(change.Defaults, (defaults, count) => portPolicies.Add((defaults.PortPolicy, _direction), count));
        Each(change.Self, (self, count) => portPolicies.Add((self.PortPolicy, _direction), count));
        Each(change.Peers, (peer, count) => _peers.Add(peer.Identity, count));
        Each(change.Networks, (network, count) => _peers.Add(network.Identity, count));
        Each(change.PolicyEntries, (entry, count) =>
        {
            portPolicies.Add((entry.PortPolicy, _direction), count);
            _entries.Add(entry.Identity, count);
            _entriesOfSubject.Add(entry.Subject, count);
        });
    }

    public string? FindViolation(EnforcementRulesDelta change, EnforcementRules rules)
    {
        foreach (var id in _peers.Changed.Concat(_entries.Changed).Concat(change.Identities.Removed))
        {
            if (_peers[id] + _entries[id] > 0 && rules.Identities.Span.BinarySearch(id) < 0)
                return $"{point} names peer identity {id}, which is missing";
        }
        if (EvaluatedSubjects(change, rules).Any(s => !IsSubject(rules, s)))
            return $"{point} has entries for {EvaluatedSubjects(change, rules).First(s => !IsSubject(rules, s))}, which is no subject";
        foreach (var network in change.Networks.Added)
        {
            var place = SortedListLookup.IndexOf(rules.Networks, n => n.Range, network.Range);
            if ((place > 0 && rules.Networks[place - 1].Range.Last >= network.Range.First) ||
                (place + 1 < rules.Networks.Count && network.Range.Last >= rules.Networks[place + 1].Range.First))
                return $"{point} has networks that overlap";
        }
        return null;
    }

    /// <summary>The addresses that must be subjects and that the change may have affected. In a large change, policy entries are added before their subjects and removed after them, while no peer has their identity.</summary>
    private IEnumerable<IpAddress> EvaluatedSubjects(EnforcementRulesDelta change, EnforcementRules rules)
    {
        var newlyReached = _peers.Changed.Where(c => _peers.AcceptedCount(c) == 0 && _peers[c] > 0).SelectMany(c => SubjectsOf(rules, c));
        var removed = change.Defaults.Removed.Select(r => r.Subject).Where(s => IsEvaluated(rules, s));
        return change.PolicyEntries.Added.Where(c => _peers[c.Identity] > 0).Select(c => c.Subject).Concat(change.Self.Added.Select(s => s.Subject)).Concat(newlyReached).Concat(removed);
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

/// <summary>Counts whose latest changes can be undone.</summary>
internal interface IReferenceCounts
{
    void Accept();

    void Undo();

    void Clear();
}

/// <summary>The number of references to each item, with the changes since the last <see cref="Accept"/>.</summary>
internal sealed class ReferenceCounts<T> : IReferenceCounts
    where T : notnull
{
    private readonly Dictionary<T, int> _accepted = [];
    private readonly Dictionary<T, int> _changes = [];

    /// <summary>The items whose count was changed, also those whose count is the same again.</summary>
    public IEnumerable<T> Changed => _changes.Keys;

    public int this[T item] => AcceptedCount(item) + _changes.GetValueOrDefault(item);

    /// <summary>The count at the last <see cref="Accept"/>.</summary>
    public int AcceptedCount(T item) => _accepted.GetValueOrDefault(item);

    public void Add(T item, int count) => CollectionsMarshal.GetValueRefOrAddDefault(_changes, item, out _) += count;

    public void Accept()
    {
        foreach (var item in _changes.Keys)
        {
            if (this[item] is var count and not 0)
                _accepted[item] = count;
            else
                _accepted.Remove(item);
        }
        _changes.Clear();
    }

    public void Undo() => _changes.Clear();

    public void Clear()
    {
        _accepted.Clear();
        _changes.Clear();
    }
}

/// <summary>Looks up items in lists that are sorted by a key.</summary>
internal static class SortedListLookup
{
    /// <summary>The index of an item with the key; negative if there is none.</summary>
    public static int IndexOf<T, TKey>(ValueArray<T> sorted, Func<T, TKey> key, TKey wanted)
        where TKey : IComparable<TKey> => sorted.Span.BinarySearch(new Wanted<T, TKey>(key, wanted));

    /// <summary>The item with the key; null if there is none.</summary>
    public static T? Find<T, TKey>(ValueArray<T> sorted, Func<T, TKey> key, TKey wanted)
        where T : class
        where TKey : IComparable<TKey> => IndexOf(sorted, key, wanted) is var place and >= 0 ? sorted[place] : null;

    private readonly struct Wanted<T, TKey>(Func<T, TKey> key, TKey wanted) : IComparable<T>
        where TKey : IComparable<TKey>
    {
        public int CompareTo(T? other) => wanted.CompareTo(key(other!));
    }
}
