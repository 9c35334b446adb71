using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// Gathers the kernel objects that facts stand for: counters, sets and chains of their own, and elements of sets that may be another fact's.
/// </summary>
internal sealed class ObjectCollector
{
    private readonly Dictionary<string, (Set Set, List<Element> Elements)> _elements = new(StringComparer.Ordinal);

    public Dictionary<string, Counter> Counters { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, Set> Sets { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, ChainState> Chains { get; } = new(StringComparer.Ordinal);

    /// <summary>The sets that have elements here, by name; not all of them are in <see cref="Sets"/>.</summary>
    public IEnumerable<SetState> Elements => _elements.OrderBy(e => e.Key, StringComparer.Ordinal)
        .Select(e => new SetState(e.Value.Set, ElementList.Of(e.Value.Elements)));

    public void Add(Counter counter) => Counters.Add(counter.Name, counter);

    public void Add(Set set) => Sets.Add(set.Name, set);

    public void Add(ChainState chain) => Chains.Add(chain.Chain.Name, chain);

    public void Add(Set set, Element element)
    {
        if (!_elements.TryGetValue(set.Name, out var entry))
            _elements.Add(set.Name, entry = (set, []));
        entry.Elements.Add(element);
    }

    public ElementList ElementsOf(string set) => _elements.TryGetValue(set, out var entry) ? ElementList.Of(entry.Elements) : ElementList.Empty;
}
