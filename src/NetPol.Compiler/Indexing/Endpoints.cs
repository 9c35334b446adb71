using NetPol.Model;

namespace NetPol.Compiler.Indexing;

/// <summary>The addresses of all selectable pods. Kinds are added as they are met; none goes.</summary>
/// <param name="Addresses">Sorted, each once.</param>
/// <param name="KindOf">The kind of each address.</param>
/// <param name="Kinds">The kinds.</param>
/// <param name="KindsOfTrait">The kinds that each trait of pods selects; empty for other traits.</param>
internal sealed record Endpoints(List<IpAddress> Addresses, List<int> KindOf, List<EndpointKind> Kinds, List<int>[] KindsOfTrait)
{
    /// <summary>The kind of an address that no pod has.</summary>
    public const int None = -1;

    /// <summary>The kind of an address that some pod has.</summary>
    public int KindAt(IpAddress address) => KindOf[Addresses.BinarySearch(address)];

    /// <summary>Gives an address its kind, or takes it out.</summary>
    /// <returns>The kind that it had.</returns>
    public int Put(IpAddress address, int kind)
    {
        var place = Addresses.BinarySearch(address);
        if (place < 0)
        {
            if (kind != None)
            {
                Addresses.Insert(~place, address);
                KindOf.Insert(~place, kind);
            }
            return None;
        }
        var before = KindOf[place];
        if (kind == None)
        {
            Addresses.RemoveAt(place);
            KindOf.RemoveAt(place);
        }
        else
        {
            KindOf[place] = kind;
        }
        return before;
    }
}
