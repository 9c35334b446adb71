using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Net;

namespace NetPol.Kubernetes.Grants;

/// <summary>Lets pods send from addresses that are not their own.</summary>
/// <param name="Namespace">The pods' namespace.</param>
/// <param name="Pods">Which of its pods.</param>
/// <param name="Sources">The addresses, at least one network.</param>
public sealed record SourceGrant(string Namespace, LabelSelector Pods, ValueArray<Cidr> Sources);

/// <summary>
/// The administrator's list of pods that may send from further addresses: VPN gateways, pods with virtual machines. It is a file of the controller's
/// configuration; no object that a tenant writes grants anything.
/// </summary>
/// <param name="Grants">In written order.</param>
public sealed record SourceGrants(ValueArray<SourceGrant> Grants)
{
    public static SourceGrants None { get; } = new([]);

    /// <summary>Reads <c>grants</c>, a list with <c>namespace</c>, <c>podSelector</c> and <c>sources</c>; an empty text grants nothing.</summary>
    /// <param name="file">The file's name, for the diagnostics; <c>.json</c> at its end leaves no choice of syntax.</param>
    /// <param name="text">YAML or JSON.</param>
    /// <returns>The grants, and what is wrong. With an error among that the grants must not be used.</returns>
    public static (SourceGrants Grants, IReadOnlyList<Diagnostic> Diagnostics) Read(string file, string text)
    {
        var diagnostics = new List<Diagnostic>();
        var documents = DocumentParser.Parse(file, text, DocumentLimits.Default, diagnostics).ToList();
        var grants = new List<SourceGrant>();
        foreach (var document in documents)
        {
            var self = new Field(document, document.Line, FieldPath.Root, new(file, diagnostics));
            if (self.Object() is not { } fields)
                continue;
            foreach (var item in fields.Required("grants", "write a list of namespace, podSelector and sources")?.Items() ?? [])
            {
                if (item.Object() is { } grant && ReadGrant(grant) is { } read)
                    grants.Add(read);
            }
            fields.RejectUnknown();
        }
        return (new(grants.ToValueArray()), diagnostics);
    }

    /// <summary>The networks that a pod may use as source besides its own addresses. Sorted, none inside another; empty for most pods.</summary>
    public ValueArray<Cidr> SourcesOf(Pod pod)
    {
        var sources = Grants.Where(g => string.Equals(g.Namespace, pod.Id.Namespace, StringComparison.Ordinal) && g.Pods.Matches(pod.Labels))
            .SelectMany(g => g.Sources).Distinct().ToList();
        return sources.Count == 0 ? [] : sources.Where(s => !sources.Exists(o => o != s && o.Contains(s))).Order().ToValueArray();
    }

    private static SourceGrant? ReadGrant(ObjectNode fields)
    {
        var name = fields.Required("namespace", "write the pods' namespace");
        var nameText = name?.Text();
        if (nameText is not null && NameValidation.CheckNamespaceName(nameText) is { } wrong)
            name!.Value.Error("invalid-name", $"{ScalarNode.Quote(nameText)} names no namespace: {wrong}");
        var selector = fields.Required("podSelector", "write {} for every pod of the namespace");
        var pods = selector is { } field ? SelectorReader.Read(field) : null;
        var sources = new List<Cidr>();
        var list = fields.Required("sources", "write the networks that the pods may send from");
        var items = list?.Items();
        foreach (var item in items ?? [])
        {
            if (CidrReader.Read(item) is not { } source)
                continue;
            if (source.PrefixLength == 0)
                item.Error("grants-everything", $"{source} is every address, those of all other pods too: write the networks behind the pod");
            sources.Add(source);
        }
        if (items is { Count: 0 })
            list!.Value.Error("missing-field", "the list is empty: write the networks that the pods may send from");
        fields.RejectUnknown();
        return nameText is not null && pods is not null ? new(nameText, pods, sources.ToValueArray()) : null;
    }
}
