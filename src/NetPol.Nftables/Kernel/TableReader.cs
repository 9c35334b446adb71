using NetPol.Nftables.Expressions;

namespace NetPol.Nftables.Kernel;

/// <summary>
/// Lists a table and gives its content as a value. Someone else's objects are in it as far as they can be named and removed; sets and chains
/// that belong to one rule, and go with it, are not.
/// </summary>
internal static class TableReader
{
    /// <summary>Null when there is no such table.</summary>
    public static TableState? Read(NfTablesSocket socket, TableFamily family, string name)
    {
        if (socket.FindTable(family, name) is not { } table)
            return null;
        var rules = socket.ListRules(family, name).ToLookup(r => r.Chain, StringComparer.Ordinal);
        return new(
            name,
            table.Comment,
            socket.ListCounters(family, name).Select(c => c.Counter),
            socket.ListSets(family, name).Select(s => ReadSet(socket, family, name, s)),
            socket.ListChains(family, name).Select(c => new ChainState(c, rules[c.Name].Select(RuleReader.Read))))
        {
            IsDormant = table.IsDormant,
        };
    }

    /// <summary>A set with its elements. One that has an element of a kind that is not written here is foreign.</summary>
    public static SetState ReadSet(NfTablesSocket socket, TableFamily family, string table, Set set)
    {
        if (set.IsForeign)
            return new(set, ElementList.Empty);
        var isForeign = false;
        List<Element> elements = [];
        List<(ElementKey Key, bool IsEnd, PacketVerdict Verdict)> edges = [];
        var isSplit = set.IsInterval && set.Key.Second is null;
        socket.ReadElements(family, table, set.Name, (in element) =>
        {
            isForeign |= element.HasExpressions || element.Flags.HasFlag(NfElementFlags.CatchAll);
            if (isForeign || set.HasTimeouts)
                return;
            var key = ElementKey.FromBytes(element.Key);
            if (isSplit)
                edges.Add((key, element.Flags.HasFlag(NfElementFlags.IntervalEnd), element.Verdict));
            else
                elements.Add(new(key, element.KeyEnd.IsEmpty ? key : ElementKey.FromBytes(element.KeyEnd), element.Verdict));
        });
        return isForeign ? new(set with { IsForeign = true }, ElementList.Empty) : new(set, ElementList.Of(isSplit ? Join(set.Key, edges) : elements));
    }

    /// <summary>Intervals of one field come as a start and, unless they reach the last value, as the first value behind them.</summary>
    private static IEnumerable<Element> Join(KeyType type, List<(ElementKey Key, bool IsEnd, PacketVerdict Verdict)> edges)
    {
        edges.Sort((a, b) => a.Key != b.Key ? a.Key.CompareTo(b.Key) : b.IsEnd.CompareTo(a.IsEnd));
        var highest = UInt128.MaxValue >> (128 - (8 * type.Length));
        for (var i = 0; i < edges.Count; i++)
        {
            if (!edges[i].IsEnd)
                yield return new(edges[i].Key, type.Key(i + 1 < edges.Count ? type.Values(edges[i + 1].Key).First - 1 : highest), edges[i].Verdict);
        }
    }
}
