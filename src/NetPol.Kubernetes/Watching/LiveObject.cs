using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Lowering;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Watching;

/// <summary>Lowers one object of an API server by the rules that hold for files.</summary>
internal static class LiveObject
{
    /// <summary>What stands for the file in diagnostics.</summary>
    public const string Origin = "cluster";

    /// <summary>A world that holds this object; nothing when it has no usable name, which is in the diagnostics.</summary>
    public static (WrittenWorld World, ValueArray<Diagnostic> Diagnostics) Lower(KnownKind kind, WatchedObject live)
    {
        var diagnostics = new List<Diagnostic>();
        var world = new WrittenWorld();
        Lower(kind, live, world, diagnostics);
        return (world, diagnostics.ToValueArray());
    }

    /// <summary>Adds the object to a world.</summary>
    public static void Lower(KnownKind kind, WatchedObject live, WrittenWorld world, List<Diagnostic> diagnostics)
    {
        foreach (var document in JsonDocuments.Read(live.Json, DocumentLimits.Default, new DocumentFaults(Origin, diagnostics)))
        {
            var subject = live.Namespace.Length == 0 ? live.Name : $"{live.Namespace}/{live.Name}";
            var report = new Report(Origin, diagnostics, hasLines: false) { Subject = $"{kind.Name} {subject}" };
            if (new Field(document, 0, FieldPath.Root, report).Object() is { } body && MetadataReader.Read(kind, body) is { } header && world.Register(header))
                kind.Lower(header, world);
        }
    }
}
