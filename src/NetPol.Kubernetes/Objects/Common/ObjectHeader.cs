using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Objects.Common;

/// <summary>The fields that every object has.</summary>
/// <param name="Kind">One of the kinds that are read.</param>
/// <param name="Namespace">Empty for a cluster-scoped kind; <c>default</c> when none is written.</param>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Owners">Kind and name of each of <c>ownerReferences</c>.</param>
/// <param name="Body">The object's fields, <c>apiVersion</c>, <c>kind</c> and <c>metadata</c> read already.</param>
internal sealed record ObjectHeader(
    string Kind, string Namespace, string Name, Labels Labels, ValueArray<(string Kind, string Name)> Owners, ObjectNode Body)
{
    /// <summary><c>metadata.annotations</c>, unread.</summary>
    public Field? Annotations { get; init; }

    /// <summary>Whether <c>metadata.deletionTimestamp</c> is set.</summary>
    public bool IsBeingDeleted { get; init; }

    public DiagnosticSink Report => Body.Report;

    public SourceLocation Location => Report.Location(Body.Self.Line);

    /// <summary><c>namespace/name</c>, or <c>name</c> for a cluster-scoped kind.</summary>
    public string Id => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}

/// <summary>Reads <c>metadata</c>.</summary>
internal static class MetadataReader
{
    private const string DefaultNamespace = "default";

    /// <summary>Null when the object has no usable name, which is reported.</summary>
    public static ObjectHeader? Read(ResourceType type, ObjectNode body)
    {
        body.Ignore("apiVersion", "kind");
        var metadata = body.Required("metadata", "write metadata with a name")?.Object();
        if (metadata is null)
            return null;
        metadata.Ignore("uid", "resourceVersion", "generation", "creationTimestamp",
            "deletionGracePeriodSeconds", "finalizers", "managedFields", "selfLink", "generateName");
        var name = metadata.Required("name", "write the object's name");
        var nameText = name?.Text();
        var wrong = nameText is null ? null : type.CheckName(nameText);
        if (wrong is not null)
            name!.Value.Error("invalid-name", $"{ScalarNode.Quote(nameText!)} is not a name: {wrong}");
        var place = ReadNamespace(type, metadata);
        var labels = ReadLabels(metadata["labels"]);
        var owners = ReadOwners(metadata["ownerReferences"]);
        var annotations = metadata["annotations"];
        var isDeleted = metadata["deletionTimestamp"] is not null;
        metadata.RejectUnknown();
        return string.IsNullOrEmpty(nameText) || place is null ? null : new(type.Kind, place, nameText, labels, owners, body) { Annotations = annotations, IsBeingDeleted = isDeleted };
    }

    public static Labels ReadLabels(Field? field)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var (key, value) in field?.Object()?.StringEntries() ?? [])
        {
            if (NameValidation.CheckLabelKey(key) is { } wrongKey)
                value.Error("invalid-label", $"{ScalarNode.Quote(key)} is not a label's key: {wrongKey}");
            if (value.Text() is not { } text)
                continue;
            if (NameValidation.CheckLabelValue(text) is { } wrongValue)
                value.Error("invalid-label", $"{ScalarNode.Quote(text)} is not a label's value: {wrongValue}");
            pairs.Add(new(key, text));
        }
        return NetPol.Model.Labels.Create(pairs);
    }

    /// <summary>Empty for a cluster-scoped kind; null when it is unusable.</summary>
    private static string? ReadNamespace(ResourceType type, ObjectNode metadata)
    {
        var field = metadata["namespace"];
        if (!type.IsNamespaced)
        {
            field?.Warning("no-effect", $"{type.Kind} belongs to no namespace: leave the field out");
            return "";
        }
        if (field is null)
            return DefaultNamespace;
        var text = field.Value.Text();
        if (text is null)
            return null;
        if (text.Length == 0)
            return DefaultNamespace;
        if (NameValidation.CheckNamespaceName(text) is { } wrong)
            field.Value.Error("invalid-name", $"{ScalarNode.Quote(text)} is not a namespace's name: {wrong}");
        return text;
    }

    private static ValueArray<(string Kind, string Name)> ReadOwners(Field? field)
    {
        var owners = new List<(string, string)>();
        foreach (var item in field?.Items() ?? [])
        {
            if (item.Object() is { } owner && owner["kind"]?.Text() is { } kind && owner["name"]?.Text() is { } name)
                owners.Add((kind, name));
        }
        return owners.ToValueArray();
    }
}
