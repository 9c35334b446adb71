using NetPol.Kubernetes.Manifests;
using NetPol.Kubernetes.Objects;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Lints;

/// <summary>Finds subjects and peers that select no namespace or no pod.</summary>
internal static class SelectionLint
{
    private const int MaxNames = 3;

    /// <summary>Looks at the subjects of policies that are about several namespaces. Those of NetworkPolicies are looked at when they are loaded.</summary>
    public static void CheckSubjects(LintContext cluster, List<Diagnostic> found)
    {
        foreach (var (header, policy) in cluster.Policies.Where(p => p.Value.Subject.Namespace is null))
        {
            if (FindFault(cluster, policy.Subject, isSubject: true) is var (code, message))
                found.Add(LintedRule.Warning(header, code, "spec.subject", header.Body.Self.Line, message));
        }
    }

    public static void CheckPeers(LintContext cluster, LintedRule rule, List<Diagnostic> found)
    {
        foreach (var (peer, path, line) in rule.Peers())
        {
            if (peer is Peer.Pods pods && FindFault(cluster, pods.Selection, isSubject: false) is var (code, message))
                found.Add(rule.Warning(code.StartsWith("selects-no-", StringComparison.Ordinal) ? $"peer-{code}" : code, path, line, message));
        }
    }

    private static (string Code, string Message)? FindFault(LintContext cluster, PodSelection selection, bool isSubject)
    {
        var selected = cluster.Select(selection);
        if (selection.Namespace is null && selected.Namespaces.Count == 0)
            return DescribeMissingNamespace(cluster, selection.Namespaces) is { } message ? ("selects-no-namespace", message) : null;
        if (selected.There.Count == 0 || selected.Pods.Count > 0)
            return null;
        if (ManifestLinter.Unselectable(selected.Matching, isSubject) is { } unselectable)
            return unselectable;
        // Files seldom hold all of kube-system.
        if (!cluster.DescribesCluster && selected.Namespaces.TrueForAll(n => string.Equals(n.Name, LintContext.SystemNamespace, StringComparison.Ordinal)))
            return null;
        return ("selects-no-pod", $"it selects no pod ({selection}): {DescribeClosest(selection.Pods, selected.There.ConvertAll(p => p.Labels), "pod")}");
    }

    /// <summary>Null where a namespace with these labels may exist elsewhere.</summary>
    private static string? DescribeMissingNamespace(LintContext cluster, LabelSelector selector)
    {
        if (cluster.Declared.Count == 0)
            return null;
        var start = $"it selects no namespace ({selector})";
        foreach (var requirement in selector.Requirements.Where(r => r.Operator == SelectorOperator.In))
        {
            var named = cluster.Namespaces.FirstOrDefault(n => requirement.Values.Any(v => string.Equals(v, n.Name, StringComparison.Ordinal)));
            if (string.Equals(requirement.Key, NamespaceReader.NameLabel, StringComparison.Ordinal))
            {
                if (named is not null)
                    continue;
                if (requirement.Values.Select(v => SpellingSuggestion.Find(v, cluster.Namespaces.Select(n => n.Name))).FirstOrDefault(s => s is not null) is { } close)
                    return $"{start}: did you mean {close}?";
                return cluster.DescribesCluster ? $"{start}: there is no Namespace of that name among the objects" : null;
            }
            if (named is not null && (cluster.DescribesCluster || cluster.Declared.Contains(named)))
                return $"{start}: Namespace {named.Name} has no label {requirement}; select it by its name with {NamespaceReader.NameLabel}: {named.Name}";
        }
        var isKnown = selector.Requirements.All(r => cluster.Declared.Exists(n => n.Labels[r.Key] is not null));
        return isKnown || cluster.DescribesCluster ? $"{start}: {DescribeClosest(selector, cluster.Declared.ConvertAll(n => n.Labels), "Namespace")}" : null;
    }

    /// <summary>Says which labels there are instead.</summary>
    private static string DescribeClosest(LabelSelector selector, List<Labels> there, string noun)
    {
        foreach (var requirement in selector.Requirements.Where(r => !there.Exists(r.Matches)))
        {
            var values = there.Select(l => l[requirement.Key]).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            if (values.Count > 0 && requirement.Values.Select(v => SpellingSuggestion.Find(v, values)).FirstOrDefault(s => s is not null) is { } value)
                return $"did you mean {requirement.Key}={value}?";
            if (values.Count > 0)
                return $"{requirement.Key} has the values {string.Join(", ", values.Take(MaxNames))}{(values.Count > MaxNames ? " and others" : "")}";
            var keys = there.SelectMany(l => l.Pairs.Select(p => p.Key)).Distinct(StringComparer.Ordinal);
            return SpellingSuggestion.Find(requirement.Key, keys) is { } key ? $"did you mean the label {key}?" : $"no {noun} has the label {requirement.Key}";
        }
        return $"no {noun} has all of these labels";
    }
}
