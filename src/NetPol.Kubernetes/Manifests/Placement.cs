using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Reading;
using NetPol.Model;

namespace NetPol.Kubernetes.Manifests;

/// <summary>Puts objects that name no namespace into the one of the kubeconfig's context, or of <c>-n</c>, as an apply does.</summary>
internal sealed class Placement(LoadOptions options)
{
    private readonly Lazy<string> _namespace = new(options.DefaultNamespace);

    /// <summary>How many objects have been put into a namespace.</summary>
    public int Count { get; private set; }

    /// <summary>The object with a namespace; as it is where it has one, is of no namespace, or has no usable metadata.</summary>
    public DocumentNode Of(DocumentNode document, string? kind)
    {
        if (!IsNamespaced(kind) || document is not MappingNode body || body["metadata"] is not MappingNode metadata)
            return document;
        if (metadata["namespace"] is not (null or ScalarNode { Kind: ScalarKind.Text, Text.Length: 0 }))
            return document;
        Count++;
        var place = new MappingEntry("namespace", metadata.Line, new ScalarNode(metadata.Line, _namespace.Value, ScalarKind.Text));
        return With(body, "metadata", With(metadata, "namespace", place.Value, place.Line), LineOf(body, "metadata"));
    }

    /// <summary>Reports an object whose namespace an apply with <c>-n</c> would refuse.</summary>
    public void Check(MappingNode document, string? kind, Report report)
    {
        if (options.RequiredNamespace is { } required && IsNamespaced(kind) && document["metadata"] is MappingNode metadata && metadata.Text("namespace") is { Length: > 0 } other && !string.Equals(other, required, StringComparison.Ordinal))
            report.Error("other-namespace", LineOf(metadata, "namespace"), FieldPath.Root.Field("metadata").Field("namespace"), $"the object is in {other}, and -n says {required}: an apply would refuse it; leave -n out, or correct one of the two");
    }

    private static bool IsNamespaced(string? kind) => kind is not null && ResourceTypes.Find(kind) is { IsNamespaced: true };

    private static int LineOf(MappingNode mapping, string key) => mapping.Entries.First(e => string.Equals(e.Key, key, StringComparison.Ordinal)).Line;

    private static MappingNode With(MappingNode mapping, string key, DocumentNode value, int line) => new(
        mapping.Line, mapping.Entries.Where(e => !string.Equals(e.Key, key, StringComparison.Ordinal)).Append(new(key, line, value)).ToValueArray(), mapping.IsAmbiguous);
}
