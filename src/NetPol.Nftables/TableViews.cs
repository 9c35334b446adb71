namespace NetPol.Nftables;

/// <summary>A view of a table that reads single objects.</summary>
public interface ITableView : IDisposable
{
    /// <summary>Returns a number that every change raises. Reads between two calls with the same result are consistent.</summary>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    uint ReadGeneration();

    /// <summary>The rules of a chain in order; empty when there is no such chain.</summary>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    IReadOnlyList<Rule> Rules(string chain);

    /// <summary>The element of a set that holds the key; null when none does, and when there is no such set or it has other keys.</summary>
    /// <param name="set">The set's name.</param>
    /// <param name="type">The type of the key.</param>
    /// <param name="first">Its first field.</param>
    /// <param name="second">Its second field; 0 where there is one.</param>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    Element? Find(string set, KeyType type, UInt128 first, UInt128 second);

    /// <summary>A named counter as it stands; null when there is none of that name.</summary>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    CounterValue? Counter(string name);
}

/// <summary>A view of a table value.</summary>
/// <param name="table">The content.</param>
/// <param name="counters">The values of its counters; a missing counter is 0.</param>
public sealed class TableStateView(TableState table, params IEnumerable<CounterValue> counters) : ITableView
{
    private readonly Dictionary<string, ILookup<ElementKey, Element>> _exact = table.Sets.Values.Where(s => !s.Set.IsInterval)
        .ToDictionary(s => s.Set.Name, s => s.Elements.ToLookup(e => e.First), StringComparer.Ordinal);

    private readonly Dictionary<string, CounterValue> _counters = counters.ToDictionary(c => c.Name, StringComparer.Ordinal);

    public uint ReadGeneration() => 0;

    public IReadOnlyList<Rule> Rules(string chain) => table.Chains.TryGetValue(chain, out var found) ? found.Rules : [];

    public Element? Find(string set, KeyType type, UInt128 first, UInt128 second)
    {
        if (!table.Sets.TryGetValue(set, out var found) || found.Set.Key != type)
            return null;
        if (found.Set.IsInterval)
            return FindContaining(found.Elements, type, first, second);
        var key = type.Second is null ? type.Key(first) : type.Key(first, second);
        return _exact[set][key].Select(e => (Element?)e).SingleOrDefault();
    }

    public CounterValue? Counter(string name) =>
        table.Counters.ContainsKey(name) ? _counters.GetValueOrDefault(name, new CounterValue(name, 0, 0)) : null;

    public void Dispose()
    {
        // A value has no resources.
    }

    /// <summary>The one element of a set of intervals that holds a key; null when none does.</summary>
    internal static Element? FindContaining(ElementList elements, KeyType type, UInt128 first, UInt128 second) => elements
        .Where(e => IsInRange(first, second, type.Values(e.First), type.Values(e.Last))).Select(e => (Element?)e).SingleOrDefault();

    private static bool IsInRange(UInt128 first, UInt128 second, (UInt128 First, UInt128 Second) from, (UInt128 First, UInt128 Second) to) =>
        from.First <= first && first <= to.First && from.Second <= second && second <= to.Second;
}
