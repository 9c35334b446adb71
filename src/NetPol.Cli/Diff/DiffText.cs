using NetPol.Cli.Infrastructure;
using NetPol.Compiler.Analysis.Diff;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using Spectre.Console;

namespace NetPol.Cli.Diff;

/// <summary>Prints a comparison: the closed connections, the opened ones, and new and removed endpoints.</summary>
internal static class DiffText
{
    public static void Write(IAnsiConsole console, ClusterDiff comparison)
    {
        var rows = ChangeRow.Create(comparison);
        foreach (var headline in ChangeText.OutsideHeadlines(rows))
            Line(console, $"[bold yellow]{Markup.Escape(headline)}[/]");
        WriteKind(console, rows, ConnectionChangeType.Closed, "closes", "-", "red");
        WriteKind(console, rows, ConnectionChangeType.Opened, "opens", "+", "green");
        WriteKind(console, rows, ConnectionChangeType.DeciderChanged, "is decided by other policies", "~", "yellow");
        WriteNames(console, "new pods", comparison.AddedPods.Select(p => p.ToString()));
        WriteNames(console, "deleted pods", comparison.RemovedPods.Select(p => p.ToString()));
        WriteNames(console, "pods that another node runs (not compared with these nodes)", comparison.MovedPods.Select(p => p.ToString()));
        WriteNames(console, "new nodes", comparison.AddedNodes);
        WriteNames(console, "deleted nodes", comparison.RemovedNodes);
        if (rows.Count == 0)
            Line(console, "no connection opens or closes");
    }

    private static void WriteKind(IAnsiConsole console, IReadOnlyList<ChangeRow> rows, ConnectionChangeType kind, string title, string sign, string color)
    {
        var some = rows.Where(r => r.Kind == kind).ToList();
        if (some.Count == 0)
            return;
        Line(console, $"[bold]{title}[/]");
        foreach (var row in some)
            WriteRow(console, row, sign, color);
        Line(console, "");
    }

    private static void WriteRow(IAnsiConsole console, ChangeRow row, string sign, string color)
    {
        Line(console, $"  [{color}]{sign} {Markup.Escape($"{ChangeText.Ports(row.Ports, row.Family)}: {ChangeText.From(row)} -> {ChangeText.To(row)}")}[/]");
        if (ChangeText.Each(row) is { } each)
            Line(console, $"      {Markup.Escape(each)}");
        var denied = row.Kind == ConnectionChangeType.Opened ? "denied" : "decided";
        WriteDeciders(console, $"was {denied} by", row.Kind == ConnectionChangeType.Closed ? [] : row.Before);
        WriteDeciders(console, row.Kind switch { ConnectionChangeType.Closed => "now denied by", ConnectionChangeType.Opened => "now allowed by", _ => "now decided by" }, row.After);
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

    // The terminal, not Spectre, must wrap long lines; WriteLine would wrap them.
    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}

/// <summary>Describes changes in words.</summary>
internal static class ChangeText
{
    // The text names up to this many things of one kind, and only counts more.
    private const int MostNames = 6;

    public static string Ports(PortSet ports, IpFamily? family) =>
        $"{ports}{family switch { IpFamily.V4 => " (IPv4 only)", IpFamily.V6 => " (IPv6 only)", _ => "" }}";

    public static string From(ChangeRow row) => Text(row.From);

    public static string To(ChangeRow row) => row.Scope switch
    {
        DestinationScope.Self => "itself, through a Service",
        DestinationScope.OwnNode => $"its own node ({Text(row.To)})",
        _ => Text(row.To),
    };

    /// <summary>Returns the namespaces that a row repeats for; null when it does not repeat.</summary>
    public static string? Each(ChangeRow row) => row.Each.IsEmpty ? null : $"in each of {row.Each.Count} namespaces: {Names(row.Each)}";

    /// <summary>Returns the policies that decide; null when the default decides.</summary>
    public static string? Deciders(ValueArray<Decision> decisions)
    {
        var names = decisions.Where(d => d.Policy is not null)
            .Select(d => $"{d.Policy} {Word(d)} rule {d.RuleIndex}{(d.RuleName is null ? "" : $" \"{d.RuleName}\"")}")
            .Concat(decisions.Where(d => d.Policy is null && !d.IsolatedBy.IsEmpty).GroupBy(Word, StringComparer.Ordinal).Select(isolating =>
                $"{isolating.Key} isolation of {Names(isolating.SelectMany(d => d.IsolatedBy).Distinct().Order().Select(p => p.QualifiedName))}"))
            .ToList();
        return names.Count == 0 ? null : Names(names);
    }

    public static string Nodes(NameSet nodes) => nodes.AllBut ? Text(nodes, "node") : Names(nodes.Names);

    public static string Outside(NameSet ranges) => ranges.AllBut ? Text(ranges, "address outside") : Names(ranges.Names);

    public static string Names(IEnumerable<string> names)
    {
        var all = names.ToList();
        return all.Count <= MostNames + 1 ? string.Join(", ", all) : $"{string.Join(", ", all.Take(MostNames))} and {DiagnosticText.Count(all.Count - MostNames, "other")}";
    }

    private static string Word(Decision decision) => decision.Direction.ToString().ToLowerInvariant();

    /// <summary>
    /// Returns what opens or closes between pods and addresses outside the cluster, one line per range of addresses. What opens comes first: it is the most
    /// dangerous kind of change.
    /// </summary>
    public static IEnumerable<string> OutsideHeadlines(IReadOnlyCollection<ChangeRow> rows)
    {
        return Lines(ConnectionChangeType.Opened, "now open to", r => r.From, r => r.To)
            .Concat(Lines(ConnectionChangeType.Opened, "now allowed to connect to", r => r.To, r => r.From))
            .Concat(Lines(ConnectionChangeType.Closed, "now closed to", r => r.From, r => r.To))
            .Concat(Lines(ConnectionChangeType.Closed, "no longer allowed to connect to", r => r.To, r => r.From));

        IEnumerable<string> Lines(ConnectionChangeType kind, string words, Func<ChangeRow, EndpointSet> outside, Func<ChangeRow, EndpointSet> inside) => rows
            .Where(r => r.Kind == kind && r.Scope == DestinationScope.Other && outside(r).Outside is not null)
            .GroupBy(r => Outside(outside(r).Outside!), r => $"{Text(inside(r))}{(r.Each.IsEmpty ? "" : $" in each of {r.Each.Count} namespaces")}", StringComparer.Ordinal)
            .Select(same => $"{words} {same.Key}: {Names(same.Distinct(StringComparer.Ordinal))}");

        static string Outside(NameSet ranges) => ranges.AllBut ? Text(ranges, "address outside") : $"{Names(ranges.Names)} outside";
    }

    /// <summary>Returns the endpoints as text. Sets with exceptions come last, after semicolons, so that no other set reads as an exception.</summary>
    private static string Text(EndpointSet endpointSets)
    {
        var kinds = new (string Text, bool HasExceptions)?[]
        {
            endpointSets.Pods is { } pods ? (Text(pods), pods.AllBut && !(pods.Namespaces.IsEmpty && pods.Workloads.IsEmpty) && !IsOtherNamespaces(pods)) : null,
            endpointSets.Nodes is { } nodes ? (Text(nodes, "node"), nodes.AllBut && !nodes.Names.IsEmpty) : null,
            endpointSets.Outside is { } outside ? (Text(outside, "address outside"), outside.AllBut && !outside.Names.IsEmpty) : null,
        }.OfType<(string Text, bool HasExceptions)>().OrderBy(k => k.HasExceptions).ToList();
        return string.Join(kinds.Exists(k => k.HasExceptions) ? "; " : ", ", kinds.Select(k => k.Text));
    }

    private static bool IsOtherNamespaces(PodSet pods) => pods.AllBut && pods.Workloads.IsEmpty && pods.Namespaces.Count == 1 && PodSet.IsSameNamespace(pods.Namespaces[0]);

    private static string Text(PodSet pods)
    {
        var isHere = pods.Namespaces.Any(PodSet.IsSameNamespace);
        if (IsOtherNamespaces(pods))
            return "every pod of other namespaces";
        var parts = new List<string>();
        if (isHere)
            parts.Add(pods.AllBut ? "those of its own namespace" : "every pod of the namespace");
        var others = pods.Namespaces.Where(n => !PodSet.IsSameNamespace(n)).ToList();
        if (others.Count > 0)
            parts.Add($"{(pods.AllBut ? "those of " : "")}{(others.Count == 1 ? "namespace" : $"{others.Count} namespaces")} {Names(others)}");
        if (!pods.Workloads.IsEmpty)
            parts.Add(Names(pods.Workloads.Select(Text)));
        if (!pods.AllBut)
            return string.Join(", ", parts);
        return parts.Count == 0 ? "every pod" : $"every pod but {string.Join(", ", parts)}";
    }

    private static string Text(WorkloadPods term)
    {
        var name = PodSet.IsSameNamespace(term.Namespace) ? term.Name : $"{term.Namespace}/{term.Name}";
        return term.Pods > 1 ? $"{name} ({term.Pods} pods)" : name;
    }

    private static string Text(NameSet endpointSets, string noun) => (endpointSets.AllBut, endpointSets.Names.Count) switch
    {
        (true, 0) => $"every {noun}",
        (true, _) => $"every {noun} but {Names(endpointSets.Names)}",
        _ => $"{noun} {Names(endpointSets.Names)}",
    };
}
