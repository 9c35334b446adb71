using NetPol.Cli.Inputs;
using NetPol.Compiler.Comparing;
using NetPol.Model;
using NetPol.Model.Rules;
using Spectre.Console;

namespace NetPol.Cli.Comparing;

/// <summary>A comparison for reading: what closes, what opens, and what is new or gone.</summary>
internal static class ComparisonText
{
    // So many names of one kind are written out; the others are counted.
    private const int MostNames = 6;

    public static void Write(IAnsiConsole console, ClusterComparison comparison)
    {
        var rows = ChangeRow.Of(comparison);
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
        var family = row.Family switch { IpFamily.V4 => " (IPv4 alone)", IpFamily.V6 => " (IPv6 alone)", _ => "" };
        var to = row.Counterpart switch
        {
            Counterpart.Itself => "itself, through a Service",
            Counterpart.OwnNode => $"its own node ({Text(row.To)})",
            _ => Text(row.To),
        };
        Line(console, $"  [{colour}]{sign} {Markup.Escape($"{row.Ports}{family}: {Text(row.From)} -> {to}")}[/]");
        if (!row.Each.IsEmpty)
            Line(console, $"      in each of {row.Each.Count} namespaces: {Markup.Escape(Names(row.Each))}");
        var denied = row.Kind == ChangeKind.Opened ? "denied" : "decided";
        WriteDeciders(console, $"was {denied} by", row.Kind == ChangeKind.Closed ? [] : row.Before);
        WriteDeciders(console, row.Kind switch { ChangeKind.Closed => "now denied by", ChangeKind.Opened => "now allowed by", _ => "now decided by" }, row.After);
    }

    private static void WriteDeciders(IAnsiConsole console, string words, ValueArray<Decision> decisions)
    {
        var names = decisions.Where(d => d.Policy is not null)
            .Select(d => $"{d.Policy} {Word(d)} rule {d.RuleIndex}{(d.RuleName is null ? "" : $" \"{d.RuleName}\"")}")
            .Concat(decisions.Where(d => d.Policy is null && !d.IsolatedBy.IsEmpty).GroupBy(Word, StringComparer.Ordinal).Select(isolating =>
                $"{isolating.Key} isolation of {Names(isolating.SelectMany(d => d.IsolatedBy).Distinct().Order().Select(p => p.QualifiedName))}"))
            .ToList();
        if (names.Count > 0)
            Line(console, $"      [dim]{words} {Markup.Escape(Names(names))}[/]");
    }

    private static string Word(Decision decision) => decision.Direction.ToString().ToLowerInvariant();

    private static string Text(Parties parties) => string.Join(", ", new[]
    {
        parties.Pods is { } pods ? Text(pods) : null,
        parties.Nodes is { } nodes ? Text(nodes, "node") : null,
        parties.Outside is { } outside ? Text(outside, "address outside") : null,
    }.OfType<string>());

    private static string Text(PodParties pods)
    {
        var isHere = pods.Namespaces.Any(PodParties.IsHere);
        if (pods.AllBut && isHere && pods.Namespaces.Count == 1 && pods.Workloads.IsEmpty)
            return "every pod of other namespaces";
        var parts = new List<string>();
        if (isHere)
            parts.Add(pods.AllBut ? "those of its own namespace" : "every pod of the namespace");
        var others = pods.Namespaces.Where(n => !PodParties.IsHere(n)).ToList();
        if (others.Count > 0)
            parts.Add($"{(pods.AllBut ? "those of " : "")}{(others.Count == 1 ? "namespace" : $"{others.Count} namespaces")} {Names(others)}");
        if (!pods.Workloads.IsEmpty)
            parts.Add(Names(pods.Workloads.Select(Text)));
        if (!pods.AllBut)
            return string.Join(", ", parts);
        return parts.Count == 0 ? "every pod" : $"every pod but {string.Join(", ", parts)}";
    }

    private static string Text(PodTerm term)
    {
        var name = PodParties.IsHere(term.Namespace) ? term.Name : $"{term.Namespace}/{term.Name}";
        return term.Pods > 1 ? $"{name} ({term.Pods} pods)" : name;
    }

    private static string Text(NameParties parties, string noun) => (parties.AllBut, parties.Names.Count) switch
    {
        (true, 0) => $"every {noun}",
        (true, _) => $"every {noun} but {Names(parties.Names)}",
        _ => $"{noun} {Names(parties.Names)}",
    };

    private static void WriteNames(IAnsiConsole console, string title, IEnumerable<string> names)
    {
        var all = names.ToList();
        if (all.Count > 0)
            Line(console, $"[bold]{title}[/]: {Markup.Escape(Names(all))}");
    }

    private static string Names(IEnumerable<string> names)
    {
        var all = names.ToList();
        return all.Count <= MostNames + 1 ? string.Join(", ", all) : $"{string.Join(", ", all.Take(MostNames))} and {DiagnosticText.Count(all.Count - MostNames, "other")}";
    }

    // Not WriteLine with markup's own layout: a long line is left to the terminal to break.
    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}
