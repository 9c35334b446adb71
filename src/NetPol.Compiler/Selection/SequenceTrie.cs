using System.Runtime.InteropServices;

namespace NetPol.Compiler.Selection;

/// <summary>
/// Assigns a number to every sequence of numbers, one element at a time. Equal sequences get the same number, different ones never do. Numbers depend on
/// the order of calls, so they must not reach output.
/// </summary>
internal sealed class SequenceTrie
{
    /// <summary>The empty sequence.</summary>
    public const int Root = 0;

    private readonly Dictionary<long, int> _next = [];
    private readonly List<State> _states = [new() { Parent = -1, Item = -1, LastItem = -1 }];

    public int Count => _states.Count;

    /// <summary>Returns the state of the sequence of <paramref name="state"/> with <paramref name="item"/> appended. The item must not be negative.</summary>
    public int Next(int state, int item)
    {
        // Callers usually extend many sequences by the same item, so caching the last step saves most lookups.
        ref var from = ref CollectionsMarshal.AsSpan(_states)[state];
        if (from.LastItem == item)
            return from.LastNext;
        ref var next = ref CollectionsMarshal.GetValueRefOrAddDefault(_next, ((long)state << 32) | (uint)item, out var known);
        if (!known)
            next = _states.Count;
        from.LastItem = item;
        from.LastNext = next;
        if (!known)
            _states.Add(new() { Parent = state, Item = item, LastItem = -1 });
        return next;
    }

    /// <summary>Extends <paramref name="state"/> by the whole sequence of <paramref name="tail"/>.</summary>
    public int Append(int state, int tail)
    {
        if (tail == Root)
            return state;
        var last = _states[tail];
        return Next(Append(state, last.Parent), last.Item);
    }

    public int GetOrAdd(ReadOnlySpan<int> items)
    {
        var state = Root;
        foreach (var item in items)
            state = Next(state, item);
        return state;
    }

    /// <summary>Replaces the content of <paramref name="items"/> by the sequence of <paramref name="state"/>.</summary>
    public void Read(int state, List<int> items)
    {
        items.Clear();
        for (; state != Root; state = _states[state].Parent)
            items.Add(_states[state].Item);
        items.Reverse();
    }

    public int[] Read(int state)
    {
        var items = new List<int>();
        Read(state, items);
        return [.. items];
    }

    private struct State
    {
        public int Parent;
        public int Item;
        public int LastItem;
        public int LastNext;
    }
}
