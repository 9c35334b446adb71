using System.Runtime.InteropServices;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Agent.Enforcing;

/// <summary>
/// Checks that the facts of a rule set that came from elsewhere belong together. It counts what is named by how many facts, so a change costs what it changes. Order and uniqueness are not checked:
/// applying a difference does that. Not for use by two threads at once.
/// </summary>
internal sealed class RuleSetIntegrity
{
    private readonly ReferenceCounts<DecisionId> _decisions = new();
    private readonly ReferenceCounts<(ProfileId Profile, Direction Direction)> _profiles = new();
    private readonly Dictionary<Hook, HookIntegrity> _hooks;
    private NodeRuleSet? _counted;

    public RuleSetIntegrity() => _hooks = Enum.GetValues<Hook>().ToDictionary(h => h, h => new HookIntegrity(h, _profiles));

    private IEnumerable<IReferenceCounts> Counts => _hooks.Values.SelectMany(h => h.Counts).Prepend(_profiles).Prepend(_decisions);

    /// <summary>What is wrong with a whole rule set; null when nothing is.</summary>
    public static string? Fault(NodeRuleSet rules)
    {
        var nothing = NodeRuleSet.EmptyFor(rules.Node);
        return new RuleSetIntegrity().Fault(nothing, NodeRuleSetDelta.Between(nothing, rules), rules);
    }

    /// <summary>What is wrong with what a change makes of a rule set; null when nothing is.</summary>
    /// <param name="before">A rule set in which nothing is wrong. When it is not the last one that was found to be so, all of it is counted anew.</param>
    /// <param name="change">The change.</param>
    /// <param name="after">What the change makes of <paramref name="before"/>.</param>
    public string? Fault(NodeRuleSet before, NodeRuleSetDelta change, NodeRuleSet after)
    {
        if (!ReferenceEquals(_counted, before))
        {
            foreach (var counts in Counts)
                counts.Clear();
            Count(NodeRuleSetDelta.Between(NodeRuleSet.EmptyFor(before.Node), before));
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
        foreach (var profile in change.Profiles.Removed)
            Count(profile, -1);
        foreach (var profile in change.Profiles.Added)
            Count(profile, 1);
        foreach (var (hook, integrity) in _hooks)
            integrity.Count(change.Rules(hook));
    }

    private void Count(PortProfile profile, int more)
    {
        _decisions.Add(profile.Otherwise, more);
        foreach (var cell in profile.Cells)
            _decisions.Add(cell.Decision, more);
    }

    private string? Find(NodeRuleSetDelta change, NodeRuleSet rules)
    {
        foreach (var decision in change.Decisions.Added)
        {
            if (Sorted.Find(change.Decisions.Removed, d => d.Id, decision.Id) is { } before && before.Direction != decision.Direction)
                return $"decision {decision.Id} decides in another direction than before";
        }
        foreach (var id in _decisions.Changed.Concat(change.Decisions.Removed.Select(d => d.Id)))
        {
            if (_decisions[id] > 0 && Decision(rules, id) is null)
                return $"a profile names decision {id}, which is missing";
        }
        foreach (var profile in change.Profiles.Added)
        {
            if (Fault(profile, rules) is { } fault)
                return fault;
        }
        var profiles = change.Profiles.Removed.Concat(change.Profiles.Added).Select(p => p.Id)
            .SelectMany(id => Enum.GetValues<Direction>(), (id, direction) => (id, direction));
        foreach (var (id, direction) in _profiles.Changed.Concat(profiles))
        {
            if (_profiles[(id, direction)] > 0 && (Sorted.Find(rules.Profiles, p => p.Id, id) is not { } profile || Decision(rules, profile.Otherwise)!.Direction != direction))
                return $"{direction} names profile {id}, which is missing or of the other direction";
        }
        return FaultOfAddresses(change, rules) ?? _hooks.Select(h => h.Value.Fault(change.Rules(h.Key), rules.Rules(h.Key))).FirstOrDefault(fault => fault is not null);
    }

    private static Decision? Decision(NodeRuleSet rules, DecisionId id) => Sorted.Find(rules.Decisions, d => d.Id, id);

    private static string? Fault(PortProfile profile, NodeRuleSet rules)
    {
        var direction = Decision(rules, profile.Otherwise)!.Direction;
        for (var i = 0; i < profile.Cells.Count; i++)
        {
            var cell = profile.Cells[i];
            if (Decision(rules, cell.Decision)!.Direction != direction)
                return $"profile {profile.Id} decides in both directions";
            if (i > 0 && profile.Cells[i - 1] is var before && before.Protocol == cell.Protocol && before.Ports.Last >= cell.Ports.First)
                return $"cells of profile {profile.Id} overlap";
        }
        return null;
    }

    /// <summary>These lists are short, and seldom change: then they are checked whole.</summary>
    private static string? FaultOfAddresses(NodeRuleSetDelta change, NodeRuleSet rules)
    {
        for (var i = 1; i < rules.PodNetworks.Count && !change.PodNetworks.IsEmpty; i++)
        {
            if (rules.PodNetworks[i - 1].Contains(rules.PodNetworks[i]))
                return $"the pod network {rules.PodNetworks[i]} lies in another";
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
internal sealed class HookIntegrity(Hook hook, ReferenceCounts<(ProfileId Profile, Direction Direction)> profiles)
{
    private readonly Direction _direction = hook == Hook.Ingress ? Direction.Ingress : Direction.Egress;
    private readonly ReferenceCounts<ClassId> _peers = new();
    private readonly ReferenceCounts<ClassId> _cells = new();
    private readonly ReferenceCounts<IpAddress> _cellsOfSubject = new();

    public IEnumerable<IReferenceCounts> Counts => [_peers, _cells, _cellsOfSubject];

    public void Count(HookRulesDelta change)
    {
        Each(change.Rest, (rest, more) => profiles.Add((rest.Profile, _direction), more));
        Each(change.Self, (self, more) => profiles.Add((self.Profile, _direction), more));
        Each(change.Peers, (peer, more) => _peers.Add(peer.Class, more));
        Each(change.Networks, (network, more) => _peers.Add(network.Class, more));
        Each(change.Cells, (cell, more) =>
        {
            profiles.Add((cell.Profile, _direction), more);
            _cells.Add(cell.Class, more);
            _cellsOfSubject.Add(cell.Subject, more);
        });
    }

    public string? Fault(HookRulesDelta change, HookRules rules)
    {
        foreach (var id in _peers.Changed.Concat(_cells.Changed).Concat(change.Classes.Removed))
        {
            if (_peers[id] + _cells[id] > 0 && rules.Classes.Span.BinarySearch(id) < 0)
                return $"{hook} names class {id}, which is missing";
        }
        if (Judged(change, rules).Any(s => !IsSubject(rules, s)))
            return $"{hook} judges {Judged(change, rules).First(s => !IsSubject(rules, s))}, which is no subject";
        foreach (var network in change.Networks.Added)
        {
            var place = Sorted.Place(rules.Networks, n => n.Range, network.Range);
            if ((place > 0 && rules.Networks[place - 1].Range.Last >= network.Range.First) ||
                (place + 1 < rules.Networks.Count && network.Range.Last >= rules.Networks[place + 1].Range.First))
                return $"{hook} has networks that overlap";
        }
        return null;
    }

    /// <summary>The addresses that must be subjects, as far as the change may have made one none. Cells of a large change come before their subjects and go after them, while no peer has their class.</summary>
    private IEnumerable<IpAddress> Judged(HookRulesDelta change, HookRules rules)
    {
        var met = _peers.Changed.Where(c => _peers.Before(c) == 0 && _peers[c] > 0).SelectMany(c => SubjectsOf(rules, c));
        var left = change.Rest.Removed.Select(r => r.Subject).Where(s => IsJudged(rules, s));
        return change.Cells.Added.Where(c => _peers[c.Class] > 0).Select(c => c.Subject).Concat(change.Self.Added.Select(s => s.Subject)).Concat(met).Concat(left);
    }

    private bool IsJudged(HookRules rules, IpAddress subject) => Sorted.Place(rules.Self, s => s.Subject, subject) >= 0 ||
        (_cellsOfSubject[subject] > 0 && rules.Classes.Any(c => _peers[c] > 0 && Sorted.Place(rules.Cells, e => (e.Class, e.Subject), (c, subject)) >= 0));

    private static bool IsSubject(HookRules rules, IpAddress address) => Sorted.Place(rules.Rest, r => r.Subject, address) >= 0;

    private static IEnumerable<IpAddress> SubjectsOf(HookRules rules, ClassId peerClass)
    {
        var first = Sorted.Place(rules.Cells, c => c.Class, peerClass);
        while (first > 0 && rules.Cells[first - 1].Class == peerClass)
            first--;
        for (var i = Math.Max(first, 0); i < rules.Cells.Count && rules.Cells[i].Class == peerClass; i++)
            yield return rules.Cells[i].Subject;
    }

    private static void Each<T>(Change<T> change, Action<T, int> count)
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
internal static class Sorted
{
    /// <summary>The place of the item with the key, or of one of those with it; negative when there is none.</summary>
    public static int Place<T, TKey>(ValueArray<T> sorted, Func<T, TKey> key, TKey wanted)
        where TKey : IComparable<TKey> => sorted.Span.BinarySearch(new Wanted<T, TKey>(key, wanted));

    /// <summary>The item with the key; null when there is none.</summary>
    public static T? Find<T, TKey>(ValueArray<T> sorted, Func<T, TKey> key, TKey wanted)
        where T : class
        where TKey : IComparable<TKey> => Place(sorted, key, wanted) is var place and >= 0 ? sorted[place] : null;

    private readonly struct Wanted<T, TKey>(Func<T, TKey> key, TKey wanted) : IComparable<T>
        where TKey : IComparable<TKey>
    {
        public int CompareTo(T? other) => wanted.CompareTo(key(other!));
    }
}
