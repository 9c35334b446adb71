using System.Text.Json;
using System.Text.RegularExpressions;

namespace NetPol.Testing.Infrastructure;

/// <summary>Reads the queries of <c>manifests/monitoring</c>, to compare them with the exported metrics.</summary>
public static partial class MonitoringManifests
{
    /// <summary>The labels that Prometheus adds to exported metrics.</summary>
    private static readonly string[] OfTarget = ["instance", "job", "pod", "alertname"];

    /// <summary>The expressions of all alerts and dashboard panels, each with the text that shows its labels.</summary>
    public static IReadOnlyList<(string Expression, string Text)> All { get; } = [.. Alerts(), .. Panels()];

    /// <summary>Returns the metrics and labels that queries use but no program exports, one per line. Empty if all are exported.</summary>
    /// <param name="exposition">The response of <c>/metrics</c> from one or several processes.</param>
    /// <param name="prefix">Only metrics with this prefix are checked.</param>
    public static string Missing(string exposition, string prefix)
    {
        var exported = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (Match sample in Sample().Matches(exposition))
        {
            if (!exported.TryGetValue(sample.Groups["name"].Value, out var labels))
                exported.Add(sample.Groups["name"].Value, labels = new(StringComparer.Ordinal));
            labels.UnionWith(sample.Groups["label"].Captures.Select(c => c.Value));
        }
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (expression, text) in All)
        {
            var metrics = Metric().Matches(expression).Select(m => m.Value).Distinct(StringComparer.Ordinal).ToList();
            if (!metrics.Exists(m => m.StartsWith(prefix, StringComparison.Ordinal)))
                continue;
            missing.UnionWith(metrics.Where(m => !exported.ContainsKey(m)));
            var known = metrics.SelectMany(m => exported.GetValueOrDefault(m) ?? []).Concat(OfTarget).ToHashSet(StringComparer.Ordinal);
            missing.UnionWith(Labels(expression, text).Where(l => !known.Contains(l)).Select(l => $"{l} in {expression}"));
        }
        return string.Join('\n', missing);
    }

    private static IEnumerable<(string Expression, string Text)> Alerts()
    {
        var rules = File.ReadAllText(Path.Combine(Repository.Root, "manifests/monitoring/rules.yaml"));
        return rules.Split("- alert: ").Skip(1).Select(alert => (Expr().Match(alert).Groups["expr"].Value, alert));
    }

    private static IEnumerable<(string Expression, string Text)> Panels()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "manifests/monitoring/dashboard.json")));
        return
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray().SelectMany(p => p.GetProperty("targets").EnumerateArray())
                .Select(t => (t.GetProperty("expr").GetString()!, t.GetProperty("legendFormat").GetString()!)),
        ];
    }

    /// <summary>Returns the labels in selectors, in <c>by</c>, and in texts.</summary>
    private static IEnumerable<string> Labels(string expression, string text) =>
        Selector().Matches(expression).Select(m => m.Groups["label"].Value)
            .Concat(By().Matches(expression).SelectMany(m => m.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries)))
            .Concat(Template().Matches(text).Select(m => m.Groups["label"].Value));

    [GeneratedRegex(@"^(?<name>\w+)(\{((?<label>\w+)=""[^""]*"",?)*\})? ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Sample();

    [GeneratedRegex(@"\bnetpol_\w+", RegexOptions.None, 10_000)]
    private static partial Regex Metric();

    [GeneratedRegex(@"expr: (?<expr>.*)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Expr();

    [GeneratedRegex(@"[{,]\s*(?<label>\w+)\s*(=|!=|=~|!~)\s*""", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Selector();

    [GeneratedRegex(@"by \((?<labels>[^)]*)\)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex By();

    [GeneratedRegex(@"\{\{ ?(\$labels\.)?(?<label>\w+) ?\}\}", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Template();
}
