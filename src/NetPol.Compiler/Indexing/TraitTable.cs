using System.Runtime.InteropServices;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>Numbers all matchers in order of first use. The numbers must not reach output.</summary>
internal sealed class TraitTable
{
    private readonly Dictionary<string, int> _byText = new(StringComparer.Ordinal);
    private readonly List<Trait> _traits = [];

    public int Count => _traits.Count;

    public Trait this[int number] => _traits[number];

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

    public int Nodes(Peer.Nodes nodes, bool isWide)
    {
        var text = TraitText.Of(nodes, isWide);
        return IsKnown(text, out var number) ? number : Add(new(text) { Addresses = nodes, IsWide = isWide });
    }

    public int Port(NamedPort port)
    {
        var text = TraitText.Of(port.Protocol, port.Name, port.Number);
        return IsKnown(text, out var number) ? number : Add(new(text) { Port = port });
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
