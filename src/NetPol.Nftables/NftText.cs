using System.Globalization;
using System.Net;
using System.Text;

namespace NetPol.Nftables;

/// <summary>The text form that <c>nft -f</c> reads. Lines end in a line feed; the order is that of the value, so the same value gives the same text.</summary>
public static class NftText
{
    private const string Indent = "  ";

    /// <summary>
    /// The table as a file for <c>nft -f</c>: loaded where there is no such table, it makes the same kernel state as
    /// a transaction that creates it.
    /// </summary>
    /// <param name="table">What to write.</param>
    /// <param name="family">The family of the table.</param>
    public static string Write(TableState table, TableFamily family = TableFamily.Inet)
    {
        var text = new StringBuilder();
        text.Append("table ").Append(TableFamilyText.Name(family)).Append(' ').Append(table.Name).Append(" {\n");
        AppendComment(text, Indent, table.Comment);
        foreach (var counter in table.Counters.Values)
        {
            text.Append(Indent).Append("counter ").Append(counter.Name).Append(" {\n");
            AppendComment(text, Indent + Indent, counter.Comment);
            text.Append(Indent).Append("}\n");
        }
        foreach (var set in table.Sets.Values)
            Append(text, set);
        foreach (var chain in table.Chains.Values)
            Append(text, chain);
        return text.Append("}\n").ToString();
    }

    /// <summary>The transaction as commands, one a line, in its order; empty for an empty one.</summary>
    public static string Write(Transaction transaction)
    {
        var text = new StringBuilder();
        foreach (var operation in transaction.Operations)
            Append(text, transaction.Table, operation);
        return text.ToString();
    }

    private static void Append(StringBuilder text, SetState state)
    {
        text.Append(Indent).Append(SetKeyword(state.Set)).Append(' ').Append(state.Set.Name).Append(" {\n");
        text.Append(Indent).Append(Indent).Append(TypeOf(state.Set)).Append('\n');
        if (SizeOf(state.Set) is { } size)
            text.Append(Indent).Append(Indent).Append(size).Append('\n');
        if (FlagsOf(state.Set) is { } flags)
            text.Append(Indent).Append(Indent).Append(flags).Append('\n');
        AppendComment(text, Indent + Indent, state.Set.Comment);
        if (state.Elements.Count > 0)
        {
            text.Append(Indent).Append(Indent).Append("elements = { ");
            AppendElements(text, state.Set, state.Elements, ",\n" + Indent + Indent + Indent);
            text.Append(" }\n");
        }
        text.Append(Indent).Append("}\n");
    }

    private static void Append(StringBuilder text, ChainState state)
    {
        text.Append(Indent).Append("chain ").Append(state.Chain.Name).Append(" {\n");
        AppendComment(text, Indent + Indent, state.Chain.Comment);
        if (state.Chain.Base is { } baseChain)
            text.Append(Indent).Append(Indent).Append(baseChain).Append('\n');
        foreach (var rule in state.Rules)
            text.Append(Indent).Append(Indent).Append(rule).Append('\n');
        text.Append(Indent).Append("}\n");
    }

    private static void AppendComment(StringBuilder text, string indent, string? comment)
    {
        if (comment is not null)
            text.Append(indent).Append("comment \"").Append(comment).Append("\"\n");
    }

    private static void Append(StringBuilder text, string table, Operation operation)
    {
        _ = operation switch
        {
            Operation.AddTable add => text.Append($"create table inet {table}").Append(Block(null, add.Comment)),
            Operation.WakeTable or Operation.ClaimTable => text.Append($"add table inet {table}"),
            Operation.DeleteTable => text.Append($"delete table inet {table}"),
            // nft has no create with a block here.
            Operation.AddCounter { Counter: var c } add => text.Append($"{(Numbers(add) is null && c.Comment is null ? "create" : "add")} counter inet {table} {c.Name}")
                .Append(Block(Numbers(add), c.Comment)),
            Operation.DeleteCounter delete => text.Append($"delete counter inet {table} {delete.Name}"),
            Operation.AddChain { Chain: var c } =>
                text.Append($"create chain inet {table} {c.Name}").Append(Block(c.Base?.ToString(), c.Comment)),
            Operation.DeleteChain delete => text.Append($"delete chain inet {table} {delete.Name}"),
            Operation.FlushChain flush => text.Append($"flush chain inet {table} {flush.Name}"),
            Operation.AddRule add => text.Append($"add rule inet {table} {add.Chain} {add.Rule}"),
            Operation.AddSet { Set: var s } => text.Append($"create {SetKeyword(s)} inet {table} {s.Name}")
                .Append(Block(string.Join(' ', new[] { TypeOf(s), SizeOf(s), FlagsOf(s) }.OfType<string>().Select(part => $"{part};")), s.Comment)),
            Operation.DeleteSet { Set: var s } => text.Append($"delete {SetKeyword(s)} inet {table} {s.Name}"),
            Operation.FlushSet flush => text.Append($"flush set inet {table} {flush.Name}"),
            Operation.AddElements add => AppendElements(text.Append($"create element inet {table} {add.Set.Name} {{ "), add.Set, add.Elements, ", ").Append(" }"),
            Operation.DeleteElements delete =>
                AppendElements(text.Append($"delete element inet {table} {delete.Set.Name} {{ "), delete.Set, delete.Elements, ", ").Append(" }"),
            _ => throw new InvalidOperationException($"unknown operation {operation.GetType()}"),
        };
        text.Append('\n');
    }

    private static string? Numbers(Operation.AddCounter add) => (add.Packets, add.Bytes) == (0, 0) ? null : $"packets {add.Packets} bytes {add.Bytes};";

    private static string Block(string? content, string? comment) => (content, comment) switch
    {
        (null, null) => "",
        (null, _) => $" {{ comment \"{comment}\"; }}",
        (_, null) => $" {{ {content} }}",
        _ => $" {{ {content} comment \"{comment}\"; }}",
    };

    private static string SetKeyword(Set set) => set.IsVerdictMap ? "map" : "set";

    private static string? FlagsOf(Set set) => set.IsInterval ? "flags interval" : set.HasTimeouts ? "flags timeout" : null;

    private static string? SizeOf(Set set) => set.Size == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"size {set.Size}");

    private static string TypeOf(Set set) => $"type {set.Key}{(set.IsVerdictMap ? " : verdict" : "")}";

    private static StringBuilder AppendElements(StringBuilder text, Set set, ElementList elements, string separator)
    {
        for (var i = 0; i < elements.Count; i++)
        {
            if (i > 0)
                text.Append(separator);
            var element = elements[i];
            var (first, last) = (set.Key.Values(element.First), set.Key.Values(element.Last));
            AppendRange(text, set.Key.First, first.First, last.First);
            if (set.Key.Second is { } second)
                AppendRange(text.Append(" . "), second, first.Second, last.Second);
            if (element.Verdict.Code != VerdictCode.None)
                text.Append(" : ").Append(element.Verdict);
        }
        return text;
    }

    private static void AppendRange(StringBuilder text, KeyField field, UInt128 first, UInt128 last)
    {
        text.Append(ValueText(field, first));
        if (first == last)
            return;
        // A network that is an interval is written as a prefix, as people know it.
        var bits = 8 * KeyType.SizeOf(field);
        var varying = first ^ last;
        if (field is KeyField.Ipv4Addr or KeyField.Ipv6Addr && (varying & (varying + 1)) == 0 && (first & varying) == 0)
            text.Append('/').Append(bits - (int)UInt128.PopCount(varying));
        else
            text.Append('-').Append(ValueText(field, last));
    }

    private static string ValueText(KeyField field, UInt128 value)
    {
        if (field == KeyField.NfProto)
            return (byte)value switch { NfProto.Ipv4 => "ipv4", NfProto.Ipv6 => "ipv6", var other => other.ToString(CultureInfo.InvariantCulture) };
        if (field is KeyField.InetProto or KeyField.InetService or KeyField.IfaceIndex)
            return value.ToString();
        if (field == KeyField.InterfaceName)
            return $"\"{FrameText.Text(value)}\"";
        Span<byte> bytes = stackalloc byte[16];
        new ElementKey(value << (128 - (8 * KeyType.SizeOf(field))), 0).WriteBytes(bytes);
        return new IPAddress(bytes[..KeyType.SizeOf(field)]).ToString();
    }
}

/// <summary>A comment that nft can read and print.</summary>
public static class CommentText
{
    /// <summary>The longest comment, in bytes of UTF-8; nft refuses to print longer ones.</summary>
    public const int MaxBytes = 127;

    /// <summary>
    /// Turns any text into a comment: quotes become apostrophes and control characters blanks; what is too long ends in <c>...</c>.
    /// </summary>
    public static string From(string text)
    {
        var clean = string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = source[i] == '"' ? '\'' : char.IsControl(source[i]) ? ' ' : source[i];
        });
        if (Encoding.UTF8.GetByteCount(clean) <= MaxBytes)
            return clean;
        var (length, bytes) = (0, 0);
        foreach (var rune in clean.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > MaxBytes - 3)
                break;
            (length, bytes) = (length + rune.Utf16SequenceLength, bytes + rune.Utf8SequenceLength);
        }
        return clean[..length] + "...";
    }
}
