using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Client;

/// <summary>Reads objects of an API server with the readers that files have too.</summary>
internal static class LiveObject
{
    /// <summary>What stands for the file in diagnostics.</summary>
    public const string Origin = "cluster";

    /// <summary>Reads an object; null when it has no usable name or no effect, which is in the diagnostics.</summary>
    public static T? Read<T>(IObjectReader<T> reader, WatchedObject live, List<Diagnostic> diagnostics)
        where T : class
    {
        if (Parse(reader.Type, live, diagnostics) is not { } body || MetadataReader.Read(reader.Type, body) is not { } header)
            return null;
        // What is suppressed in a file is no warning of the cluster either; here only the spelling is checked.
        AnnotationReader.ReadSuppressedCodes(header);
        return reader.Read(header);
    }

    /// <summary>Reads a Service or endpoints; null when there is no usable name.</summary>
    public static T? ReadService<T>(IObjectReader<T> reader, ReadOnlyMemory<byte> json, List<Diagnostic> diagnostics)
        where T : class
    {
        if (Parse(json, reader.Type.Kind, diagnostics) is not { } body || MetadataReader.Read(reader.Type, body) is not { } header)
            return null;
        body.Report.Subject = $"{header.Kind} {header.Id}";
        return reader.Read(header);
    }

    /// <summary>Parses an object; null when it is no object or is nested too deep, which is in the diagnostics.</summary>
    public static Fields? Parse(ResourceType type, WatchedObject live, List<Diagnostic> diagnostics) => Parse(live.Json, $"{type.Kind} {live.Id}", diagnostics);

    private static Fields? Parse(ReadOnlyMemory<byte> json, string subject, List<Diagnostic> diagnostics)
    {
        if (JsonDocuments.Read(json, DocumentLimits.Default, new DocumentFaults(Origin, diagnostics)) is not [var document, ..])
            return null;
        return new Field(document, 0, FieldPath.Root, new(Origin, diagnostics, hasLines: false) { Subject = subject }).Object();
    }
}
