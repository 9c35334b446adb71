using NetPol.Cli.Inputs;
using NetPol.Compiler.Comparing;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Cli.Comparing;

/// <summary>What a change is, in words.</summary>
internal static class ChangeText
{
    // So many names of one kind are written out; the others are counted.
    private const int MostNames = 6;

    public static string Ports(PortSet ports, IpFamily? family) =>
        $"{ports}{family switch { IpFamily.V4 => " (IPv4 alone)", IpFamily.V6 => " (IPv6 alone)", _ => "" }}";

    public static string From(ChangeRow row) => Text(row.From);

    public static string To(ChangeRow row) => row.Counterpart switch
    {
        Counterpart.Itself => "itself, through a Service",
        Counterpart.OwnNode => $"its own node ({Text(row.To)})",
        _ => Text(row.To),
    };

    /// <summary>Null where the row is not said of several namespaces.</summary>
    public static string? Each(ChangeRow row) => row.Each.IsEmpty ? null : $"in each of {row.Each.Count} namespaces: {Names(row.Each)}";

    /// <summary>Null where no policy has a say.</summary>
    public static string? Deciders(ValueArray<Decision> decisions)
    {
        var names = decisions.Where(d => d.Policy is not null)
            .Select(d => $"{d.Policy} {Word(d)} rule {d.RuleIndex}{(d.RuleName is null ? "" : $" \"{d.RuleName}\"")}")
            .Concat(decisions.Where(d => d.Policy is null && !d.IsolatedBy.IsEmpty).GroupBy(Word, StringComparer.Ordinal).Select(isolating =>
                $"{isolating.Key} isolation of {Names(isolating.SelectMany(d => d.IsolatedBy).Distinct().Order().Select(p => p.QualifiedName))}"))
            .ToList();
        return names.Count == 0 ? null : Names(names);
    }

    public static string Nodes(NameParties nodes) => nodes.AllBut ? Text(nodes, "node") : Names(nodes.Names);

    public static string Outside(NameParties ranges) => ranges.AllBut ? Text(ranges, "address outside") : Names(ranges.Names);

    public static string Names(IEnumerable<string> names)
    {
        var all = names.ToList();
        return all.Count <= MostNames + 1 ? string.Join(", ", all) : $"{string.Join(", ", all.Take(MostNames))} and {DiagnosticText.Count(all.Count - MostNames, "other")}";
    }

    private static string Word(Decision decision) => decision.Direction.ToString().ToLowerInvariant();

    /// <summary>What opens to addresses outside of the cluster, or from pods to them: the worst that a change can do, in a line for each range of addresses.</summary>
    public static IEnumerable<string> OpensToOutside(IEnumerable<ChangeRow> rows)
    {
        var opened = rows.Where(r => r.Kind == ChangeKind.Opened && r.Counterpart == Counterpart.Others).ToList();
        return Lines("now open to", r => r.From, r => r.To).Concat(Lines("now free to connect to", r => r.To, r => r.From));

        IEnumerable<string> Lines(string words, Func<ChangeRow, Parties> outside, Func<ChangeRow, Parties> inside) => opened
            .Where(r => outside(r).Outside is not null)
            .GroupBy(r => Outside(outside(r).Outside!), r => $"{Text(inside(r))}{(r.Each.IsEmpty ? "" : $" in each of {r.Each.Count} namespaces")}", StringComparer.Ordinal)
            .Select(same => $"{words} {same.Key}: {Names(same.Distinct(StringComparer.Ordinal))}");

        static string Outside(NameParties ranges) => ranges.AllBut ? Text(ranges, "address outside") : $"{Names(ranges.Names)} outside";
    }

    /// <summary>Puts kinds with exceptions last and separates them by semicolons, so that a reader does not take the next kind for another exception.</summary>
    private static string Text(Parties parties)
    {
        var kinds = new (string Text, bool HasExceptions)?[]
        {
            parties.Pods is { } pods ? (Text(pods), pods.AllBut && !(pods.Namespaces.IsEmpty && pods.Workloads.IsEmpty) && !IsOtherNamespaces(pods)) : null,
            parties.Nodes is { } nodes ? (Text(nodes, "node"), nodes.AllBut && !nodes.Names.IsEmpty) : null,
            parties.Outside is { } outside ? (Text(outside, "address outside"), outside.AllBut && !outside.Names.IsEmpty) : null,
        }.OfType<(string Text, bool HasExceptions)>().OrderBy(k => k.HasExceptions).ToList();
        return string.Join(kinds.Exists(k => k.HasExceptions) ? "; " : ", ", kinds.Select(k => k.Text));
    }

    private static bool IsOtherNamespaces(PodParties pods) => pods.AllBut && pods.Workloads.IsEmpty && pods.Namespaces.Count == 1 && PodParties.IsHere(pods.Namespaces[0]);

    private static string Text(PodParties pods)
    {
        var isHere = pods.Namespaces.Any(PodParties.IsHere);
        if (IsOtherNamespaces(pods))
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
}
