using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Manifests;

/// <summary>Finds the resource type of each object of a document, and has it read or passed over.</summary>
internal sealed class ManifestReader(string file, ManifestSet manifests, List<Diagnostic> diagnostics, NamespaceDefaulting placement)
{
    public void Read(DocumentNode document) => Read(document, document.Line, FieldPath.Root, inherited: null);

    private void Read(DocumentNode document, int line, FieldPath path, (string Kind, string ApiVersion)? inherited)
    {
        var kindThere = (document as MappingNode)?.GetText("kind") ?? inherited?.Kind;
        document = placement.SetNamespace(document, kindThere);
        var report = new DiagnosticSink(file, diagnostics) { Subject = SubjectOf(document, inherited?.Kind) };
        var self = new Field(document, line, path, report);
        if (document is not MappingNode)
        {
            self.Error("not-an-object", $"{document.Describe()} stands where a Kubernetes object is needed: write apiVersion, kind and metadata");
            return;
        }
        placement.Check((MappingNode)document, kindThere, report);
        var fields = self.Object()!;
        var apiVersion = inherited is { } list && fields["apiVersion"] is null ? list.ApiVersion : fields.Required("apiVersion")?.Text();
        var kind = inherited is { } typed && fields["kind"] is null ? typed.Kind : fields.Required("kind")?.Text();
        if (apiVersion is null || kind is null)
            return;
        if (kind.EndsWith("List", StringComparison.Ordinal) && fields["items"] is { } items)
            ReadList(items, kind, apiVersion);
        else if (ResourceTypes.FindReader(kind) is { } reader && (reader.Type.AffectsPolicies || reader.Type.Reads(apiVersion)))
            ReadKnown(reader, apiVersion, fields);
        else
            Skip(kind, apiVersion, fields);
    }

    private void ReadList(Field items, string kind, string apiVersion)
    {
        // Items of a typed list need not say what they are.
        (string, string)? inherited = kind.Length > 4 ? (kind[..^4], apiVersion) : null;
        foreach (var item in items.Items() ?? [])
            Read(item.Node, item.Line, item.Path, inherited);
    }

    private void ReadKnown(IObjectReader reader, string apiVersion, ObjectNode fields)
    {
        var type = reader.Type;
        var group = ResourceType.GroupOf(apiVersion);
        if (ThirdPartyPolicies.IsGroup(group) || (!type.IsInGroup(group) && SpellingSuggestion.Find(group, [type.Group]) is null))
        {
            if (type.IsPolicy)
                fields.Self.Warning("foreign-kind", ThirdPartyPolicies.Describe(type.Kind, apiVersion, type));
            manifests.Skip(group.Length == 0 ? type.Kind : $"{type.Kind}.{group}");
            return;
        }
        if (!type.Reads(apiVersion))
            fields["apiVersion"]?.Error("wrong-api-version", $"{ScalarNode.Quote(apiVersion)} has no {type.Kind} that is read here: write {type.ApiVersion}");
        // What is wrong with an object that no policy depends on matters only to a command that asks for it.
        var report = type.AffectsPolicies ? fields.Report : new DiagnosticSink(file, []) { Subject = type.Kind };
        // Paths start at the object, also for an item of a list.
        manifests.Add(reader, (fields.Self with { Path = FieldPath.Root, Report = report }).Object()!);
    }

    private void Skip(string kind, string apiVersion, ObjectNode fields)
    {
        var group = ResourceType.GroupOf(apiVersion);
        var suggestion = SpellingSuggestion.Find(kind, ResourceTypes.OfPolicies.Where(t => t.IsInGroup(group)).Select(t => t.Kind));
        if (suggestion is not null)
        {
            fields["kind"]?.Error("unknown-kind", $"there is no kind {ScalarNode.Quote(kind)}: did you mean {suggestion}?");
            return;
        }
        if (ThirdPartyPolicies.IsPolicy(kind, group))
            fields.Self.Warning("foreign-kind", ThirdPartyPolicies.Describe(kind, apiVersion, suggestion: null));
        manifests.Skip(kind);
    }

    private static string SubjectOf(DocumentNode document, string? inheritedKind)
    {
        if (document is not MappingNode mapping)
            return "";
        var kind = mapping.GetText("kind") ?? inheritedKind ?? "";
        var metadata = mapping["metadata"] as MappingNode;
        var name = metadata?.GetText("name");
        var isNamespaced = ResourceTypes.Find(kind)?.IsNamespaced ?? metadata?.GetText("namespace") is not null;
        var id = isNamespaced && name is not null ? $"{metadata!.GetText("namespace") ?? "default"}/{name}" : name;
        var words = string.Join(' ', new[] { kind, id }.Where(w => !string.IsNullOrEmpty(w)));
        return words.Length == 0 ? "" : ScalarNode.Quote(words).Trim('"');
    }
}

/// <summary>Puts objects that name no namespace into the one of the kubeconfig's context, or of <c>-n</c>, as an apply does.</summary>
internal sealed class NamespaceDefaulting(LoadOptions options)
{
    private readonly Lazy<string> _namespace = new(options.DefaultNamespace);

    /// <summary>How many objects have been put into a namespace.</summary>
    public int DefaultedObjects { get; private set; }

    /// <summary>The object with a namespace; as it is where it has one, is of no namespace, or has no usable metadata.</summary>
    public DocumentNode SetNamespace(DocumentNode document, string? kind)
    {
        if (!IsNamespaced(kind) || document is not MappingNode body || body["metadata"] is not MappingNode metadata)
            return document;
        if (metadata["namespace"] is not (null or ScalarNode { Type: ScalarType.Text, Text.Length: 0 }))
            return document;
        DefaultedObjects++;
        var place = new MappingEntry("namespace", metadata.Line, new ScalarNode(metadata.Line, _namespace.Value, ScalarType.Text));
        return With(body, "metadata", With(metadata, "namespace", place.Value, place.Line), LineOf(body, "metadata"));
    }

    /// <summary>Reports an object whose namespace an apply with <c>-n</c> would refuse.</summary>
    public void Check(MappingNode document, string? kind, DiagnosticSink report)
    {
        if (options.RequiredNamespace is { } required && IsNamespaced(kind) && document["metadata"] is MappingNode metadata && metadata.GetText("namespace") is { Length: > 0 } other && !string.Equals(other, required, StringComparison.Ordinal))
            report.Error("other-namespace", LineOf(metadata, "namespace"), FieldPath.Root.Field("metadata").Field("namespace"), $"the object is in {other}, and -n says {required}: an apply would refuse it; leave -n out, or correct one of the two");
    }

    private static bool IsNamespaced(string? kind) => kind is not null && ResourceTypes.Find(kind) is { IsNamespaced: true };

    private static int LineOf(MappingNode mapping, string key) => mapping.Entries.First(e => string.Equals(e.Key, key, StringComparison.Ordinal)).Line;

    private static MappingNode With(MappingNode mapping, string key, DocumentNode value, int line) => new(
        mapping.Line, mapping.Entries.Where(e => !string.Equals(e.Key, key, StringComparison.Ordinal)).Append(new(key, line, value)).ToValueArray(), mapping.IsAmbiguous);
}

/// <summary>Policies that other programs enforce. They are not read, and may change the answer.</summary>
internal static class ThirdPartyPolicies
{
    /// <summary>Where other programs have policies: a group here is never a misspelled one of ours.</summary>
    private static readonly string[] Groups =
    [
        "cilium.io", "projectcalico.org", "crd.projectcalico.org", "crd.antrea.io", "controlplane.antrea.io", "security.antrea.tanzu.com", "k8s.cni.cncf.io",
        "network.openshift.io", "k8s.ovn.org", "networking.k8s.aws", "vpcresources.k8s.aws", "security.istio.io", "policy.linkerd.io",
    ];

    /// <summary>Kinds whose names do not say that they are network policies.</summary>
    private static readonly string[] Kinds = ["AuthorizationPolicy", "ClusterPolicyEndpoint", "EgressFirewall", "NetNamespace", "PolicyEndpoint", "SecurityGroupPolicy"];

    /// <summary>Whether a group is that of another program.</summary>
    public static bool IsGroup(string group) => Groups.Contains(group, StringComparer.Ordinal);

    /// <summary>Whether objects of a kind that is not read decide about connections.</summary>
    public static bool IsPolicy(string kind, string group) =>
        kind.EndsWith("NetworkPolicy", StringComparison.Ordinal) || (IsGroup(group) && Kinds.Contains(kind, StringComparer.Ordinal));

    /// <summary>Returns the diagnostic text for an object of such a kind.</summary>
    public static string Describe(string kind, string apiVersion, ResourceType? suggestion) =>
        $"{(kind[0] is 'A' or 'E' or 'I' or 'O' ? "an" : "a")} {kind} of {apiVersion} is not read, and may change the answer where another program enforces it: " +
        (suggestion is null ? "the answer is that of the Kubernetes policies alone" : $"to have it evaluated here, write a {suggestion.Kind} of {suggestion.ApiVersion}");
}
