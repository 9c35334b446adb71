using NetPol.Kubernetes.Manifests;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Lints;

/// <summary>Looks for policies that an API server takes and that seldom say what their author means. Each code has a section in <c>docs/reference/check-codes.md</c>.</summary>
public static class PolicyLinter
{
    /// <summary>Looks at the objects together. Policies with errors are left out: their meaning is not known.</summary>
    public static LintReport Check(LoadedManifests loaded)
    {
        var cluster = new LintContext(loaded.Manifests, loaded.Snapshot);
        var found = new List<Diagnostic>();
        SelectionLint.CheckSubjects(cluster, found);
        foreach (var rule in LintedRule.RulesOf(cluster))
        {
            EmptyListLint.Check(rule, found);
            // Of two items that are one by mistake the second one often selects no pod.
            if (!SeparatePeersLint.Check(cluster, rule, found))
                SelectionLint.CheckPeers(cluster, rule, found);
            PortLint.Check(cluster, rule, found);
            ServiceAddressLint.Check(cluster, rule, found);
        }
        ClientAddressLint.Check(cluster, found);
        DnsLint.Check(cluster, found);
        return new(found.Where(d => !loaded.Manifests.Suppressions.Covers(d)).OrderBy(d => d.Location).ToValueArray(), NotChecked(cluster));
    }

    /// <summary>Policies by themselves are the usual content of a repository; what needs pods is then named.</summary>
    private static ValueArray<LintCode> NotChecked(LintContext cluster) => cluster.Pods.Count > 0 || cluster.Manifests.Policies.Count == 0 ? [] : LintCode.All
        .Where(l => l.Needs is LintCode.Pods or LintCode.Services || (l.Needs is LintCode.Namespaces && cluster.Declared.Count == 0))
        .ToValueArray();
}

/// <summary>The findings of lints.</summary>
/// <param name="Diagnostics">Warnings, in the order found, without the suppressed ones.</param>
/// <param name="NotChecked">Without pods: the lints that need objects that are missing, in ordinal order. Otherwise empty.</param>
public sealed record LintReport(ValueArray<Diagnostic> Diagnostics, ValueArray<LintCode> NotChecked);

/// <summary>A rule of a policy, with its places in the document.</summary>
internal sealed class LintedRule(ObjectHeader header, Policy policy, Direction direction, Rule rule)
{
    public ObjectHeader Header => header;

    public Policy Policy => policy;

    public Direction Direction => direction;

    public Rule Rule => rule;

    public string PeersField => direction == Direction.Ingress ? "from" : "to";

    public string PortsField => policy.Id.Kind == PolicyKind.ClusterNetworkPolicy ? "protocols" : "ports";

    private string Path => $"spec.{direction.ToString().ToLowerInvariant()}[{rule.Index}]";

    private MappingNode? Node => ((((header.Body.Self.Node as MappingNode)?["spec"] as MappingNode)?[direction.ToString().ToLowerInvariant()] as SequenceNode)?.Items is { } items && rule.Index < items.Count
        ? items[rule.Index]
        : null) as MappingNode;

    /// <summary>Every rule of every policy that was read without a fault.</summary>
    public static IEnumerable<LintedRule> RulesOf(LintContext cluster) =>
        from policy in cluster.Policies
        from direction in new[] { Direction.Ingress, Direction.Egress }
        from rule in policy.Value.Rules(direction) ?? []
        select new LintedRule(policy.Header, policy.Value, direction, rule);

    /// <summary>The peers with their paths. A peer of <c>networks</c> stands once for every network.</summary>
    public IEnumerable<(Peer Peer, string Path, int Line)> Peers()
    {
        var items = (Node?[PeersField] as SequenceNode)?.Items ?? [];
        var next = 0;
        for (var i = 0; i < items.Count; i++)
        {
            var count = policy.Id.Kind != PolicyKind.NetworkPolicy && (items[i] as MappingNode)?["networks"] is SequenceNode networks ? networks.Items.Count : 1;
            for (var n = 0; n < count && next < rule.Peers.Count; n++)
                yield return (rule.Peers[next++], $"{Path}.{PeersField}[{i}]", items[i].Line);
        }
    }

    /// <summary>The ports with their paths.</summary>
    public IEnumerable<(PortMatch Port, string Path, int Line)> Ports()
    {
        var items = (Node?[PortsField] as SequenceNode)?.Items ?? [];
        return (rule.Ports ?? []).Zip(items).Select((p, i) => (p.First, $"{Path}.{PortsField}[{i}]", p.Second.Line));
    }

    /// <summary>Where a field stands as a list without items, or as null; null where it is missing or has items.</summary>
    public (string Path, int Line)? FindEmptyList(string field)
    {
        foreach (var entry in Node?.Entries ?? [])
        {
            if (string.Equals(entry.Key, field, StringComparison.Ordinal) && entry.Value is SequenceNode { Items.IsEmpty: true } or ScalarNode { Type: ScalarType.Null })
                return ($"{Path}.{field}", entry.Line);
        }
        return null;
    }

    public Diagnostic Warning(string code, string message) => Warning(code, Path, Node?.Line ?? header.Body.Self.Line, message);

    public Diagnostic Warning(string code, string path, int line, string message) => Warning(header, code, path, line, message);

    public static Diagnostic Warning(ObjectHeader header, string code, string path, int line, string message) =>
        new(code, Severity.Warning, header.Report.Location(line), $"{header.Kind} {header.Id}", path, message);
}
