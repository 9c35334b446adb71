using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Reading;
using NetPol.Kubernetes.Services;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Lowering;

/// <summary>Finds out what a document is, and has it lowered or passed over.</summary>
internal sealed class ObjectReader(string file, WrittenWorld world, List<Diagnostic> diagnostics, Placement placement)
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
        else if (KnownKind.Find(kind) is { } known)
            ReadKnown(known, apiVersion, fields);
        else
            PassOver(kind, apiVersion, fields);
        if (ServiceLowering.Is(kind, apiVersion) && ServiceLowering.Read(file, document, line) is { } service)
            world.Services.Add(service);
        else if (EndpointSliceLowering.Is(kind, apiVersion))
            world.Endpoints.Add(EndpointSliceLowering.Read(file, document, line));
        else if (EndpointsLowering.Is(kind, apiVersion))
            world.Endpoints.Add(EndpointsLowering.Read(file, document, line));
    }

    private void ReadList(Field items, string kind, string apiVersion)
    {
        // Items of a typed list need not say what they are.
        (string, string)? inherited = kind.Length > 4 ? (kind[..^4], apiVersion) : null;
        foreach (var item in items.Items() ?? [])
            Read(item.Node, item.Line, item.Path, inherited);
    }

    private void ReadKnown(KnownKind kind, string apiVersion, Fields fields)
    {
        var group = KnownKind.GroupOf(apiVersion);
        if (ForeignPolicies.IsGroup(group) || (!kind.IsAt(group) && Suggestion.For(group, [kind.Group]) is null))
        {
            if (kind.IsPolicy)
                fields.Self.Warning("foreign-kind", ForeignPolicies.Message(kind.Name, apiVersion, kind));
            Count(group.Length == 0 ? kind.Name : $"{kind.Name}.{group}");
            return;
        }
        if (!kind.Reads(apiVersion))
            fields["apiVersion"]?.Error("wrong-api-version", $"{ScalarNode.Quote(apiVersion)} has no {kind.Name} that is read here: write {kind.ApiVersion}");
        // Paths start at the object, also for an item of a list.
        var body = (fields.Self with { Path = FieldPath.Root }).Object()!;
        if (MetadataReader.Read(kind, body) is { } header && world.Register(header))
            kind.Lower(header, world);
    }

    private void PassOver(string kind, string apiVersion, Fields fields)
    {
        var group = KnownKind.GroupOf(apiVersion);
        var meant = Suggestion.For(kind, KnownKind.All.Where(k => k.IsAt(group)).Select(k => k.Name));
        if (meant is not null)
        {
            fields["kind"]?.Error("unknown-kind", $"there is no kind {ScalarNode.Quote(kind)}: did you mean {meant}?");
            return;
        }
        if (ForeignPolicies.IsPolicy(kind, group))
            fields.Self.Warning("foreign-kind", ForeignPolicies.Message(kind, apiVersion, meant: null));
        Count(kind);
    }

    private void Count(string kind) => world.PassedOver[kind] = world.PassedOver.GetValueOrDefault(kind) + 1;

    private static string Subject(DocumentNode document, string? inheritedKind)
    {
        if (document is not MappingNode mapping)
            return "";
        var kind = mapping.Text("kind") ?? inheritedKind ?? "";
        var metadata = mapping["metadata"] as MappingNode;
        var name = metadata?.Text("name");
        var isNamespaced = KnownKind.Find(kind)?.IsNamespaced ?? metadata?.Text("namespace") is not null;
        var id = isNamespaced && name is not null ? $"{metadata!.Text("namespace") ?? "default"}/{name}" : name;
        var words = string.Join(' ', new[] { kind, id }.Where(w => !string.IsNullOrEmpty(w)));
        return words.Length == 0 ? "" : ScalarNode.Quote(words).Trim('"');
    }
}
