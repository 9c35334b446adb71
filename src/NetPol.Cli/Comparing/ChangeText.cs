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
}
