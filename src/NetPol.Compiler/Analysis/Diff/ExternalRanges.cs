using NetPol.Compiler.Analysis.Reachability;
using NetPol.Model.Net;

namespace NetPol.Compiler.Analysis.Diff;

/// <summary>Splits all addresses into ranges within which the policies of both clusters treat all addresses alike.</summary>
internal sealed class ExternalRanges(ReachabilityIndex before, ReachabilityIndex after)
{
    /// <summary>Returns the ranges in order and without gaps, each with whether all its addresses belong to pods or nodes of one of the clusters.</summary>
    public IEnumerable<(AddressRange Range, bool IsTaken)> Find(IpFamily family)
    {
        var end = new IpAddress(family, family == IpFamily.V4 ? uint.MaxValue : UInt128.MaxValue);
        var starts = new SortedSet<IpAddress> { new(family, 0) };
        foreach (var range in before.Networks.Concat(after.Networks).Where(r => r.First.Family == family))
        {
            starts.Add(range.First);
            if (range.Last != end)
                starts.Add(range.Last with { Value = range.Last.Value + 1 });
        }
        var taken = FindUsedAddresses(family);
        var edges = starts.ToArray();
        for (var i = 0; i < edges.Length; i++)
        {
            var range = new AddressRange(edges[i], i + 1 < edges.Length ? edges[i + 1] with { Value = edges[i + 1].Value - 1 } : end);
            yield return (range, IsTaken(range, taken));
        }
    }

    private IpAddress[] FindUsedAddresses(IpFamily family) =>
    [
        .. new[] { before.Snapshot, after.Snapshot }
            .SelectMany(s => s.Pods.Where(p => !p.HostNetwork).SelectMany(p => p.Addresses).Concat(s.Nodes.SelectMany(n => n.AllAddresses)))
            .Where(a => a.Family == family).Distinct().Order(),
    ];

    private static bool IsTaken(AddressRange range, IpAddress[] taken)
    {
        var found = Array.BinarySearch(taken, range.First);
        var last = range.Last.Value - range.First.Value;
        // The range is taken completely if as many taken addresses follow as the range has addresses.
        return found >= 0 && last < (UInt128)(taken.Length - found) && taken[found + (int)last] == range.Last;
    }
}
