using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Lowering;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Watching;

/// <summary>Lowers one object of an API server by the rules that hold for files.</summary>
internal static class LiveObject
{
    private const string Origin = "cluster";

    /// <summary>A world that holds this object; nothing when it has no usable name, which is in the diagnostics.</summary>
    public static (WrittenWorld World, ValueArray<Diagnostic> Diagnostics) Lower(KnownKind kind, WatchedObject live)
    {
        var diagnostics = new List<Diagnostic>();
        var world = new WrittenWorld();
        foreach (var document in JsonDocuments.Read(live.Json, DocumentLimits.Default, new DocumentFaults(Origin, diagnostics)))
        {
            var subject = live.Namespace.Length == 0 ? live.Name : $"{live.Namespace}/{live.Name}";
            var report = new Report(Origin, diagnostics) { Subject = $"{kind.Name} {subject}" };
            if (new Field(document, 0, FieldPath.Root, report).Object() is { } body && MetadataReader.Read(kind, body) is { } header)
                kind.Lower(header, world);
        }
        return (world, diagnostics.ToValueArray());
    }
}
