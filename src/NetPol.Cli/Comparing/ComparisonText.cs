using NetPol.Compiler.Comparing;
using NetPol.Model;
using NetPol.Model.Rules;
using Spectre.Console;

namespace NetPol.Cli.Comparing;

/// <summary>A comparison for reading: what closes, what opens, and what is new or gone.</summary>
internal static class ComparisonText
{
    public static void Write(IAnsiConsole console, ClusterComparison comparison)
    {
        var rows = ChangeRow.Of(comparison);
        foreach (var headline in ChangeText.OpensToOutside(rows))
            Line(console, $"[bold yellow]{Markup.Escape(headline)}[/]");
        WriteKind(console, rows, ChangeKind.Closed, "closes", "-", "red");
        WriteKind(console, rows, ChangeKind.Opened, "opens", "+", "green");
        WriteKind(console, rows, ChangeKind.DecidedOtherwise, "is decided by others", "~", "yellow");
        WriteNames(console, "new pods", comparison.NewPods.Select(p => p.ToString()));
        WriteNames(console, "gone pods", comparison.GonePods.Select(p => p.ToString()));
        WriteNames(console, "pods that another node runs (not compared with these nodes)", comparison.MovedPods.Select(p => p.ToString()));
        WriteNames(console, "new nodes", comparison.NewNodes);
        WriteNames(console, "gone nodes", comparison.GoneNodes);
        if (rows.Count == 0)
            Line(console, "no connection opens or closes");
    }

    private static void WriteKind(IAnsiConsole console, IReadOnlyList<ChangeRow> rows, ChangeKind kind, string title, string sign, string colour)
    {
        var some = rows.Where(r => r.Kind == kind).ToList();
        if (some.Count == 0)
            return;
        Line(console, $"[bold]{title}[/]");
        foreach (var row in some)
            WriteRow(console, row, sign, colour);
        Line(console, "");
    }

    private static void WriteRow(IAnsiConsole console, ChangeRow row, string sign, string colour)
    {
        Line(console, $"  [{colour}]{sign} {Markup.Escape($"{ChangeText.Ports(row.Ports, row.Family)}: {ChangeText.From(row)} -> {ChangeText.To(row)}")}[/]");
        if (ChangeText.Each(row) is { } each)
            Line(console, $"      {Markup.Escape(each)}");
        var denied = row.Kind == ChangeKind.Opened ? "denied" : "decided";
        WriteDeciders(console, $"was {denied} by", row.Kind == ChangeKind.Closed ? [] : row.Before);
        WriteDeciders(console, row.Kind switch { ChangeKind.Closed => "now denied by", ChangeKind.Opened => "now allowed by", _ => "now decided by" }, row.After);
    }

    private static void WriteDeciders(IAnsiConsole console, string words, ValueArray<Decision> decisions)
    {
        if (ChangeText.Deciders(decisions) is { } names)
            Line(console, $"      [dim]{words} {Markup.Escape(names)}[/]");
    }

    private static void WriteNames(IAnsiConsole console, string title, IEnumerable<string> names)
    {
        var all = names.ToList();
        if (all.Count > 0)
            Line(console, $"[bold]{title}[/]: {Markup.Escape(ChangeText.Names(all))}");
    }

    // Not WriteLine with markup's own layout: a long line is left to the terminal to break.
    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}
