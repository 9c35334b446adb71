using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Objects.Common;

/// <summary>Reads <c>metadata</c>.</summary>
internal static class MetadataReader
{
    private const string DefaultNamespace = "default";

    /// <summary>Null when the object has no usable name, which is reported.</summary>
    public static ObjectHeader? Read(ResourceType type, Fields body)
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
        var place = Namespace(type, metadata);
        var labels = Labels(metadata["labels"]);
        var owners = Owners(metadata["ownerReferences"]);
        var annotations = metadata["annotations"];
        var isDeleted = metadata["deletionTimestamp"] is not null;
        metadata.Close();
        return string.IsNullOrEmpty(nameText) || place is null ? null : new(type.Kind, place, nameText, labels, owners, body) { Annotations = annotations, IsBeingDeleted = isDeleted };
    }

    public static Labels Labels(Field? field)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var (key, value) in field?.Object()?.Strings() ?? [])
        {
            if (Syntax.LabelKey(key) is { } wrongKey)
                value.Error("invalid-label", $"{ScalarNode.Quote(key)} is not a label's key: {wrongKey}");
            if (value.Text() is not { } text)
                continue;
            if (Syntax.LabelValue(text) is { } wrongValue)
                value.Error("invalid-label", $"{ScalarNode.Quote(text)} is not a label's value: {wrongValue}");
            pairs.Add(new(key, text));
        }
        return Model.Cluster.Labels.Of(pairs);
    }

    /// <summary>Empty for a cluster-scoped kind; null when it is unusable.</summary>
    private static string? Namespace(ResourceType type, Fields metadata)
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
        if (Syntax.NamespaceName(text) is { } wrong)
            field.Value.Error("invalid-name", $"{ScalarNode.Quote(text)} is not a namespace's name: {wrong}");
        return text;
    }

    private static ValueArray<(string Kind, string Name)> Owners(Field? field)
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
