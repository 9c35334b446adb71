using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Objects;

/// <summary>Reads Namespaces.</summary>
internal sealed class NamespaceReader : IObjectReader<Namespace>
{
    /// <summary>The label that the API server puts on every namespace.</summary>
    public const string NameLabel = "kubernetes.io/metadata.name";

    public ResourceType Type { get; } = new("Namespace", "v1", IsNamespaced: false);

    /// <summary>The namespace of a name, with the label that the API server gives it.</summary>
    public static Namespace Create(string name, Labels labels) => new(name, labels.With(NameLabel, name));

    public Namespace Read(ObjectHeader header)
    {
        header.Body.Ignore("spec");
        var phase = header.Body["status"]?.Object()?["phase"]?.Text();
        header.Body.RejectUnknown();
        return AnnotationReader.Read(header, Create(header.Name, header.Labels)) with { IsTerminating = header.IsBeingDeleted || phase is "Terminating" };
    }
}
