using NetPol.Netlink.NfTables;
using NetPol.Nftables.Transactions;

namespace NetPol.Nftables.Kernel;

/// <summary>Writes operations into a batch; each becomes one operation there, so that the indices are the same.</summary>
internal static class OperationWriter
{
    public static void Write(NfTablesBatch batch, NfFamily family, string table, Operation operation)
    {
        _ = operation switch
        {
            Operation.AddTable add => batch.AddTable(new(family, table) { Comment = add.Comment }),
            Operation.WakeTable => batch.WakeTable(family, table),
            Operation.DeleteTable => batch.DeleteTable(family, table),
            Operation.AddCounter add => batch.AddCounter(
                new(family, table, add.Counter.Name, add.Packets, add.Bytes) { Comment = add.Counter.Comment, Tag = add.Counter.Tag }),
            Operation.DeleteCounter delete => batch.DeleteCounter(family, table, delete.Name),
            Operation.AddChain { Chain: var chain } => batch.AddChain(
                new(family, table, chain.Name, chain.Base is { } hooked ? ToNf(hooked) : null) { Comment = chain.Comment }),
            Operation.DeleteChain delete => batch.DeleteChain(family, table, delete.Name),
            Operation.FlushChain flush => batch.FlushChain(family, table, flush.Name),
            Operation.AddRule add => batch.AddRule(
                new(family, table, add.Chain, RuleExpressions.From(add.Rule)) { Comment = add.Rule.Comment }),
            Operation.AddSet { Set: var set } => batch.AddSet(SetTypes.ToNf(family, table, set)),
            Operation.DeleteSet delete => batch.DeleteSet(family, table, delete.Set.Name),
            Operation.AddElements add => WriteElements(batch.AddElements(family, table, add.Set.Name), add.Set, add.Elements, withVerdicts: add.Set.IsVerdictMap),
            Operation.DeleteElements delete => WriteElements(batch.DeleteElements(family, table, delete.Set.Name), delete.Set, delete.Elements, withVerdicts: false),
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
