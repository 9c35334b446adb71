using NetPol.Compiler.Indexing;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>Cuts the addresses that some traits name into disjoint ranges, each with the class of all the traits that hold it.</summary>
internal static class NetworkSweep
{
    /// <summary>In order; neighbours differ in class; addresses that no trait holds are in no range.</summary>
    public static List<(AddressRange Range, int Class)> Cut(IEnumerable<int> traits, Func<int, AddressRange[]> rangesOf, SequenceTrie classes)
    {
        var edges = new List<(IpAddress At, bool Opens, int Trait)>();
        foreach (var trait in traits)
        {
            foreach (var range in rangesOf(trait))
            {
                edges.Add((range.First, true, trait));
                if (!IsEnd(range.Last))
                    edges.Add((After(range.Last), false, trait));
            }
        }
        // Closing goes before opening, so that a trait may close and open at one address.
        edges.Sort();

        var found = new List<(AddressRange Range, int Class)>();
        var open = new List<int>();
        for (var i = 0; i < edges.Count;)
        {
            var at = edges[i].At;
            if (i > 0 && edges[i - 1].At.Family != at.Family)
                open.Clear();
            for (; i < edges.Count && edges[i].At == at; i++)
                Cross(open, edges[i].Opens, edges[i].Trait);
            if (open.Count == 0)
                continue;
            var last = i < edges.Count && edges[i].At.Family == at.Family ? Before(edges[i].At) : End(at.Family);
            var peerClass = classes.Of(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(open));
            if (found.Count > 0 && found[^1].Class == peerClass && found[^1].Range.Last.Family == at.Family &&
                !IsEnd(found[^1].Range.Last) && After(found[^1].Range.Last) == at)
                found[^1] = (found[^1].Range with { Last = last }, peerClass);
            else
                found.Add((new(at, last), peerClass));
        }
        return found;
    }

    private static void Cross(List<int> open, bool opens, int trait)
    {
        var place = open.BinarySearch(trait);
        if (opens)
            open.Insert(~place, trait);
        else
            open.RemoveAt(place);
    }

    private static bool IsEnd(IpAddress address) => address == End(address.Family);

    private static IpAddress End(IpFamily family) => new(family, family == IpFamily.V4 ? uint.MaxValue : UInt128.MaxValue);

    private static IpAddress Before(IpAddress address) => address with { Value = address.Value - 1 };

    private static IpAddress After(IpAddress address) => address with { Value = address.Value + 1 };
}
