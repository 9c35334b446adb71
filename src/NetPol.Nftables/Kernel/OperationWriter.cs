using NetPol.Netlink.NfTables;
using NetPol.Nftables.Transactions;

namespace NetPol.Nftables.Kernel;

/// <summary>Writes operations into a batch; each becomes one operation there, so that the indices are the same.</summary>
internal static class OperationWriter
{
    private const NfFamily Family = NfFamily.Inet;

    public static void Write(NfTablesBatch batch, string table, Operation operation)
    {
        _ = operation switch
        {
            Operation.AddTable add => batch.AddTable(new(Family, table) { Comment = add.Comment }),
            Operation.WakeTable => batch.WakeTable(Family, table),
            Operation.DeleteTable => batch.DeleteTable(Family, table),
            Operation.AddCounter add => batch.AddCounter(
                new(Family, table, add.Counter.Name, add.Packets, add.Bytes) { Comment = add.Counter.Comment, Tag = add.Counter.Tag }),
            Operation.DeleteCounter delete => batch.DeleteCounter(Family, table, delete.Name),
            Operation.AddChain { Chain: var chain } => batch.AddChain(
                new(Family, table, chain.Name, chain.Base is { } hooked ? ToNf(hooked) : null) { Comment = chain.Comment }),
            Operation.DeleteChain delete => batch.DeleteChain(Family, table, delete.Name),
            Operation.FlushChain flush => batch.FlushChain(Family, table, flush.Name),
            Operation.AddRule add => batch.AddRule(
                new(Family, table, add.Chain, RuleExpressions.From(add.Rule)) { Comment = add.Rule.Comment }),
            Operation.AddSet { Set: var set } => batch.AddSet(SetTypes.ToNf(table, set)),
            Operation.DeleteSet delete => batch.DeleteSet(Family, table, delete.Set.Name),
            Operation.AddElements add => WriteElements(batch.AddElements(Family, table, add.Set.Name), add.Set, add.Elements, withVerdicts: add.Set.IsVerdictMap),
            Operation.DeleteElements delete => WriteElements(batch.DeleteElements(Family, table, delete.Set.Name), delete.Set, delete.Elements, withVerdicts: false),
            _ => throw new InvalidOperationException($"unknown operation {operation.GetType()}"),
        };
    }

    private static NfBaseChain ToNf(BaseChain hooked) => new("filter", (NfHook)hooked.Hook, hooked.Priority, NfVerdictCode.Accept);

    private static int WriteElements(NfElementWriter writer, Set set, ElementList elements, bool withVerdicts)
    {
        Span<byte> firstBytes = stackalloc byte[ElementKey.MaxLength], lastBytes = stackalloc byte[ElementKey.MaxLength];
        var first = firstBytes[..set.Key.Length];
        var last = lastBytes[..set.Key.Length];
        using (writer)
        {
            foreach (ref readonly var element in elements.Span)
            {
                element.First.WriteBytes(first);
                element.Last.WriteBytes(last);
                NfVerdict? verdict = withVerdicts ? RuleExpressions.ToNf(element.Verdict) : null;
                if (set.IsInterval && set.Key.Second is null)
                    writer.AddInterval(first, last, verdict);
                else if (verdict is { } leadsTo)
                    writer.Add(first, set.IsInterval ? last : [], leadsTo);
                else
                    writer.Add(first, set.IsInterval ? last : []);
            }
        }
        return writer.Operation;
    }
}
