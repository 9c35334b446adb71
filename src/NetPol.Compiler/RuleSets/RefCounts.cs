using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetPol.Compiler.Ports;
using NetPol.Model;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.RuleSets;

/// <summary>Counts references by number, and tracks which items became used or unused since the last call.</summary>
internal sealed class RefCounts
{
    private readonly Dictionary<int, int> _counts = [];
    private readonly Dictionary<int, bool> _wasUsed = [];

    /// <summary>The items with references, in no particular order.</summary>
    public IEnumerable<int> Used => _counts.Keys;

    public bool IsUsed(int item) => _counts.ContainsKey(item);

    public void Add(int item)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, item, out var known);
        if (!known)
            _wasUsed.TryAdd(item, false);
        count++;
    }

    /// <exception cref="InvalidOperationException">The item has no references.</exception>
    public void Remove(int item)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, item);
        if (Unsafe.IsNullRef(ref count))
            throw new InvalidOperationException($"{item} is not in use");
        if (--count > 0)
            return;
        _counts.Remove(item);
        _wasUsed.TryAdd(item, true);
    }

    /// <summary>Returns the items that became used and unused since the last call, in no particular order.</summary>
    public (List<int> Begun, List<int> Ended) TakeChanges()
    {
        List<int> begun = [], ended = [];
        foreach (var (item, wasUsed) in _wasUsed)
        {
            if (wasUsed != IsUsed(item))
                (wasUsed ? ended : begun).Add(item);
        }
        _wasUsed.Clear();
        return (begun, ended);
    }
}

/// <summary>Counts references to the port policies of one node and to their decisions.</summary>
internal sealed class PortPolicyRefs(PortPolicyTable verdicts)
{
    private readonly RefCounts _portPolicies = new();
    private readonly RefCounts _decisions = new();

    public PortPolicyId AddRef(int portPolicy)
    {
        _portPolicies.Add(portPolicy);
        return verdicts.PortPolicy(portPolicy).Id;
    }

    /// <summary>Removes one reference.</summary>
    public PortPolicyId RemoveRef(int portPolicy)
    {
        _portPolicies.Remove(portPolicy);
        return verdicts.PortPolicy(portPolicy).Id;
    }

    /// <summary>Returns the changes since the last call, ordered by id.</summary>
    public (ListChange<PortPolicy> PortPolicies, ListChange<Decision> Decisions) TakeChanges()
    {
        var (begun, ended) = _portPolicies.TakeChanges();
        foreach (var decision in begun.SelectMany(Decisions))
            _decisions.Add(decision);
        foreach (var decision in ended.SelectMany(Decisions))
            _decisions.Remove(decision);
        var portPolicies = new ListChange<PortPolicy>(PortPolicies(ended), PortPolicies(begun));
        (begun, ended) = _decisions.TakeChanges();
        return (portPolicies, new(DecisionsOf(ended), DecisionsOf(begun)));
    }

    private ValueArray<PortPolicy> PortPolicies(List<int> numbers) => numbers.Select(verdicts.PortPolicy).OrderBy(p => p.Id).ToValueArray();

    private ValueArray<Decision> DecisionsOf(List<int> numbers) => numbers.Select(verdicts.Decision).OrderBy(d => d.Id).ToValueArray();

    private IEnumerable<int> Decisions(int portPolicy)
    {
        var content = verdicts.PortPolicy(portPolicy);
        return content.Entries.Select(c => c.Decision).Append(content.Default).Distinct().Select(verdicts.IndexOf);
    }
}

/// <summary>Collects removed and added entries of a list, in any order.</summary>
internal sealed class ListChangeBuilder<T>
    where T : notnull
{
    private readonly List<T> _removed = [], _added = [];

    public void Remove(T item) => _removed.Add(item);

    public void Add(T item) => _added.Add(item);

    /// <summary>Returns the sorted change without entries that were both removed and added, and resets.</summary>
    public ListChange<T> TakeChange<TKey>(Func<T, TKey> key)
        where TKey : IComparable<TKey>
    {
        if (_removed.Count > 0 && _added.Count > 0)
        {
            var back = _removed.ToHashSet();
            back.IntersectWith(_added);
            _removed.RemoveAll(back.Contains);
            _added.RemoveAll(back.Contains);
        }
        return new(Sorted(_removed, key), Sorted(_added, key));
    }

    private static ValueArray<T> Sorted<TKey>(List<T> items, Func<T, TKey> key)
        where TKey : IComparable<TKey>
    {
        for (var i = 1; i < items.Count; i++)
        {
            if (key(items[i - 1]).CompareTo(key(items[i])) <= 0)
                continue;
            items.Sort((a, b) => key(a).CompareTo(key(b)));
            break;
        }
        var sorted = items.ToValueArray();
        items.Clear();
        return sorted;
    }
}
