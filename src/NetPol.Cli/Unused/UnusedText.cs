using NetPol.Cli.Infrastructure;
using NetPol.Compiler.Analysis.Unused;
using NetPol.Model;
using NetPol.Model.Cluster;
using Spectre.Console;

namespace NetPol.Cli.Unused;

/// <summary>Prints the unused policies and rules.</summary>
internal static class UnusedText
{
    // The text lists up to this many names, and only counts more.
    private const int MostNames = 6;

    public static void Write(IAnsiConsole console, ValueArray<UnusedPolicy> unused, int policies, int audited, (int DefaultDenies, int Ignored) kept)
    {
        WriteTerm(console, unused, UnusedType.NeverDecides, "never decides: it decides no connection of these pods and nodes");
        WriteTerm(console, unused, UnusedType.ChangesNothing, "changes nothing: it decides connections, but their verdicts are the same without it");
        if (audited > 0)
            Line(console, $"not evaluated: {DiagnosticText.Count(audited, "audited policy")}");
        if (kept.DefaultDenies > 0)
            Line(console, $"not reported, because they are the default-deny of a namespace: {DiagnosticText.Count(kept.DefaultDenies, "policy")}");
        if (kept.Ignored > 0)
            Line(console, $"not reported, because of the annotation netpol.io/ignore: {DiagnosticText.Count(kept.Ignored, "result")}");
        var whole = unused.Count(u => u.Rule is null);
        Line(console, unused.IsEmpty
            ? $"{DiagnosticText.Count(policies, "policy")}: all of their rules have an effect"
            : $"{DiagnosticText.Count(policies, "policy")}: {whole} without effect, and {DiagnosticText.Count(unused.Count - whole, "rule")} of other policies. Each result is for one deletion and for these pods: after a deletion, or with other pods, the results may differ");
    }

    /// <summary>Returns the reason, as part of a sentence.</summary>
    public static string Why(UnusedPolicy unused)
    {
        var others = new List<string>();
        if (!unused.ReplacingRules.IsEmpty)
            others.Add(Names(unused.ReplacingRules.Select(b => b.ToString())));
        if (!unused.ReplacingIsolation.IsEmpty)
            others.Add($"isolation by {Names(unused.ReplacingIsolation.Select(p => p.QualifiedName))}");
        if (unused.ByDefault)
            others.Add("the default, which allows");
        if (unused.ByOtherSide)
            others.Add("the other side of the connections, which denies");
        var by = others.Count == 0 ? "" : $": {string.Join("; ", others)}";
        return unused.Reason switch
        {
            UnusedReason.NoEffect => "only the BaselineAdminNetworkPolicy named default has an effect",
            UnusedReason.SaysNothing => "it has no rules",
            UnusedReason.SelectsNoPod => "it selects no pod that a node runs",
            UnusedReason.NotUnderstood => "NetPol does not read or enforce a part of it, so it matches nothing",
            UnusedReason.NoSuchPeer => "none of its peers exists",
            UnusedReason.NoSuchPort => "no pod that it applies to has a port of that name",
            UnusedReason.Shadowed => $"other decisions come before it for all connections that it matches{by}",
            UnusedReason.Redundant => $"without it, the verdicts are the same{by}",
            _ => throw new ArgumentOutOfRangeException(nameof(unused)),
        };
    }

    private static void WriteTerm(IAnsiConsole console, ValueArray<UnusedPolicy> unused, UnusedType term, string title)
    {
        var some = unused.Where(u => u.Type == term).ToList();
        if (some.Count == 0)
            return;
        Line(console, $"[bold]{title}[/]");
        foreach (var one in some)
        {
            Line(console, $"  [yellow]{Markup.Escape(one.Rule?.ToString() ?? one.Policy.ToString())}[/]");
            Line(console, $"      [dim]{Markup.Escape(Why(one))}[/]");
            if (!one.UnselectablePods.IsEmpty)
                Line(console, $"      [dim]{Markup.Escape(UnselectablePods.Explain(one.UnselectablePods))}[/]");
        }
        Line(console, "");
    }

    private static string Names(IEnumerable<string> names)
    {
        var all = names.ToList();
        return all.Count <= MostNames + 1 ? string.Join(", ", all) : $"{string.Join(", ", all.Take(MostNames))} and {DiagnosticText.Count(all.Count - MostNames, "other")}";
    }

    // The terminal, not Spectre, must wrap long lines; WriteLine would wrap them.
    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}
