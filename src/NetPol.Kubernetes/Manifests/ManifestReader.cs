using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Manifests;

/// <summary>Finds the resource type of each object of a document, and has it read or passed over.</summary>
internal sealed class ManifestReader(string file, ManifestSet manifests, List<Diagnostic> diagnostics, Placement placement)
{
    public void Read(DocumentNode document) => Read(document, document.Line, FieldPath.Root, inherited: null);

    private void Read(DocumentNode document, int line, FieldPath path, (string Kind, string ApiVersion)? inherited)
    {
        var kindThere = (document as MappingNode)?.Text("kind") ?? inherited?.Kind;
        document = placement.Of(document, kindThere);
        var report = new Report(file, diagnostics) { Subject = Subject(document, inherited?.Kind) };
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
            PassOver(kind, apiVersion, fields);
    }

    private void ReadList(Field items, string kind, string apiVersion)
    {
        // Items of a typed list need not say what they are.
        (string, string)? inherited = kind.Length > 4 ? (kind[..^4], apiVersion) : null;
        foreach (var item in items.Items() ?? [])
            Read(item.Node, item.Line, item.Path, inherited);
    }

    private void ReadKnown(IObjectReader reader, string apiVersion, Fields fields)
    {
        var type = reader.Type;
        var group = ResourceType.GroupOf(apiVersion);
        if (ForeignPolicies.IsGroup(group) || (!type.IsInGroup(group) && Suggestion.For(group, [type.Group]) is null))
        {
            if (type.IsPolicy)
                fields.Self.Warning("foreign-kind", ForeignPolicies.Message(type.Kind, apiVersion, type));
            manifests.PassOver(group.Length == 0 ? type.Kind : $"{type.Kind}.{group}");
            return;
        }
        if (!type.Reads(apiVersion))
            fields["apiVersion"]?.Error("wrong-api-version", $"{ScalarNode.Quote(apiVersion)} has no {type.Kind} that is read here: write {type.ApiVersion}");
        // What is wrong with an object that no policy depends on matters only to a command that asks for it.
        var report = type.AffectsPolicies ? fields.Report : new Report(file, []) { Subject = type.Kind };
        // Paths start at the object, also for an item of a list.
        manifests.Add(reader, (fields.Self with { Path = FieldPath.Root, Report = report }).Object()!);
    }

    private void PassOver(string kind, string apiVersion, Fields fields)
    {
        var group = ResourceType.GroupOf(apiVersion);
        var meant = Suggestion.For(kind, ResourceTypes.OfPolicies.Where(t => t.IsInGroup(group)).Select(t => t.Kind));
        if (meant is not null)
        {
            fields["kind"]?.Error("unknown-kind", $"there is no kind {ScalarNode.Quote(kind)}: did you mean {meant}?");
            return;
        }
        if (ForeignPolicies.IsPolicy(kind, group))
            fields.Self.Warning("foreign-kind", ForeignPolicies.Message(kind, apiVersion, meant: null));
        manifests.PassOver(kind);
    }

    private static string Subject(DocumentNode document, string? inheritedKind)
    {
        if (document is not MappingNode mapping)
            return "";
        var kind = mapping.Text("kind") ?? inheritedKind ?? "";
        var metadata = mapping["metadata"] as MappingNode;
        var name = metadata?.Text("name");
        var isNamespaced = ResourceTypes.Find(kind)?.IsNamespaced ?? metadata?.Text("namespace") is not null;
        var id = isNamespaced && name is not null ? $"{metadata!.Text("namespace") ?? "default"}/{name}" : name;
        var words = string.Join(' ', new[] { kind, id }.Where(w => !string.IsNullOrEmpty(w)));
        return words.Length == 0 ? "" : ScalarNode.Quote(words).Trim('"');
    }
}
