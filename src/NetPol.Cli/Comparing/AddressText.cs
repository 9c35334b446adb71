using NetPol.Model;

namespace NetPol.Cli.Comparing;

/// <summary>Ranges of addresses for reading.</summary>
internal static class AddressText
{
    /// <summary>The ranges in order, neighbours as one; one that is a network in CIDR notation.</summary>
    public static List<string> Joined(IEnumerable<AddressRange> ranges)
    {
        var joined = new List<AddressRange>();
        foreach (var range in ranges.Order())
        {
            if (joined.Count > 0 && joined[^1].Last.Family == range.First.Family && joined[^1].Last.Value + 1 == range.First.Value)
                joined[^1] = joined[^1] with { Last = range.Last };
            else
                joined.Add(range);
        }
        return joined.ConvertAll(Of);
    }

    private static string Of(AddressRange range)
    {
        var difference = range.First.Value ^ range.Last.Value;
        var hostBits = difference == 0 ? 0 : 128 - (int)UInt128.LeadingZeroCount(difference);
        var network = Cidr.Of(range.First, range.First.Bits - hostBits);
        return hostBits > 0 && network.Range == range ? network.ToString() : range.ToString();
    }
}
