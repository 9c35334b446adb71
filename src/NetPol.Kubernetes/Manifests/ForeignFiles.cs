using NetPol.Kubernetes.Documents;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Manifests;

/// <summary>Files that lie beside manifests and are none, with what to do to have what they stand for.</summary>
internal sealed class ForeignFiles
{
    private const string HelmOpening = "{{";

    private static readonly string[] KustomizationNames = ["kustomization.yaml", "kustomization.yml"];

    /// <summary>The files that a kustomization merges into others, each with the kustomization.</summary>
    private readonly Dictionary<string, string> _patches = new(StringComparer.Ordinal);

    public ForeignFiles(IEnumerable<Input> inputs, DocumentLimits limits)
    {
        foreach (var input in inputs.Where(i => i.IsFound && KustomizationNames.Contains(Path.GetFileName(i.File), StringComparer.Ordinal)))
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(input.File))!;
            foreach (var patch in InputText.Documents(input.File, input.Text, limits, []).OfType<MappingNode>().SelectMany(Patches))
                _patches.TryAdd(Path.GetFullPath(Path.Combine(folder, patch)), input.File);
        }
    }

    /// <summary>Why an input is no manifest, and what to do; null for one that is read. What a person named is read where it could be meant as a manifest.</summary>
    /// <param name="input">The input.</param>
    /// <param name="documents">What could be read of it.</param>
    /// <param name="faults">What could not.</param>
    public string? Reason(Input input, IReadOnlyCollection<DocumentNode> documents, IReadOnlyCollection<Diagnostic> faults)
    {
        var name = Path.GetFileName(input.File);
        var folder = Path.GetDirectoryName(input.File) is { Length: > 0 } named ? named : ".";
        if (KustomizationNames.Contains(name, StringComparer.Ordinal) || documents.Any(d => d is MappingNode m && m.Text("apiVersion")?.StartsWith("kustomize.config.k8s.io/", StringComparison.Ordinal) == true))
            return $"it is a kustomization, and the files beside it are read as they are; to have what it makes of them, write -k {folder} in place of -f, or kubectl kustomize {folder} | netpol check -f -";
        if (IsHelmTemplate(input, documents, faults))
            return $"it is a Helm template; render it: {HelmAdvice(input.File)}";
        if (name is "Chart.yaml" or "Chart.yml" || (name.StartsWith("values", StringComparison.Ordinal) && !documents.Any(d => d is MappingNode m && m["apiVersion"] is not null)))
            return $"it belongs to a Helm chart; render that: {HelmAdvice(input.File)}";
        if (!input.IsFound)
            return null;
        if (_patches.TryGetValue(Path.GetFullPath(input.File), out var kustomization))
            return $"it is a patch of {kustomization}; to have what that makes of it, write -k {Path.GetDirectoryName(kustomization)}";
        var saysObject = input.Text.Contains("apiVersion", StringComparison.Ordinal) || input.Text.Contains("kind", StringComparison.Ordinal);
        return (documents.Count > 0 && !documents.Any(IsObject) && faults.Count == 0) || (faults.Count > 0 && !saysObject)
            ? "it holds no Kubernetes object: nothing has apiVersion and kind; if it is not meant to, leave it out with --exclude"
            : null;
    }

    /// <summary>A manifest may have such braces in a string; a template is no YAML because of them, or has them in an object's name.</summary>
    private static bool IsHelmTemplate(Input input, IEnumerable<DocumentNode> documents, IReadOnlyCollection<Diagnostic> faults) =>
        input.Text.Contains(HelmOpening, StringComparison.Ordinal) && (faults.Count > 0 || documents.Any(d =>
            d is MappingNode body && body["metadata"] is MappingNode metadata &&
            (metadata.Text("name")?.Contains(HelmOpening, StringComparison.Ordinal) == true || metadata.Text("namespace")?.Contains(HelmOpening, StringComparison.Ordinal) == true)));

    private static string HelmAdvice(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file));
        while (folder is not null && !File.Exists(Path.Combine(folder, "Chart.yaml")))
            folder = Path.GetDirectoryName(folder);
        return $"helm template {(folder is null ? "CHART" : Path.GetRelativePath(Environment.CurrentDirectory, folder))} | netpol check -f -";
    }

    /// <summary>Whether a document is meant to be an object, be it a faulty one.</summary>
    private static bool IsObject(DocumentNode document) =>
        document is MappingNode body && (body["apiVersion"] is not null || body["kind"] is not null || (body["metadata"] is not null && body["spec"] is not null));

    private static IEnumerable<string> Patches(MappingNode kustomization)
    {
        foreach (var list in (string[])["patches", "patchesStrategicMerge", "patchesJson6902"])
        {
            foreach (var item in (kustomization[list] as SequenceNode)?.Items.ToList() ?? [])
            {
                var path = item is MappingNode patch ? patch.Text("path") : (item as ScalarNode)?.Text;
                if (path is { Length: > 0 } && !path.Contains('\n', StringComparison.Ordinal) && !path.Contains('\0', StringComparison.Ordinal))
                    yield return path;
            }
        }
    }
}
