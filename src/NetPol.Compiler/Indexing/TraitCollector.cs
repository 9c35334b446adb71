using System.Runtime.InteropServices;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>Numbers the traits in the order in which they are met; <see cref="Sort"/> gives them their canonical order.</summary>
internal sealed class TraitCollector
{
    private readonly Dictionary<string, int> _byText = new(StringComparer.Ordinal);
    private readonly List<Trait> _traits = [];

    public int Pods(PodSelection selection)
    {
        var text = TraitText.Of(selection);
        return IsKnown(text, out var number) ? number : Add(new(text) { Pods = selection });
    }

    public int Network(Peer.Network network)
    {
        var text = TraitText.Of(network);
        return IsKnown(text, out var number) ? number : Add(new(text) { Addresses = network });
    }

    public int Nodes(Peer.Nodes nodes)
    {
        var text = TraitText.Of(nodes);
        return IsKnown(text, out var number) ? number : Add(new(text) { Addresses = nodes });
    }

    public int Port(NamedPort port)
    {
        var text = TraitText.Of(port.Protocol, port.Name, port.Number);
        return IsKnown(text, out var number) ? number : Add(new(text) { Port = port });
    }

    /// <summary>The traits in canonical order, and where each of the collector's numbers has gone.</summary>
    public (Trait[] Traits, int[] Places) Sort()
    {
        var order = Enumerable.Range(0, _traits.Count).ToArray();
        Array.Sort(order, (a, b) => string.CompareOrdinal(_traits[a].Text, _traits[b].Text));
        var places = new int[order.Length];
        for (var place = 0; place < order.Length; place++)
            places[order[place]] = place;
        return ([.. order.Select(number => _traits[number])], places);
    }

    private bool IsKnown(string text, out int number)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_byText, text, out var known);
        if (!known)
            entry = _traits.Count;
        number = entry;
        return known;
    }

    private int Add(Trait trait)
    {
        _traits.Add(trait);
        return _traits.Count - 1;
    }
}
