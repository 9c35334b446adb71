using System.Text;
using NetPol.Kubernetes.Syntax;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Manifests;

/// <summary>Finds and reads the files that a user names. Reports every error as a diagnostic.</summary>
internal sealed class InputFiles(TextReader? stdin, DocumentLimits limits, IReadOnlyList<string> exclude, List<Diagnostic> diagnostics)
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>
    /// The inputs in the order given, each once, a folder's files (with those of its folders) in ordinal order of their paths. Names that
    /// start with a dot and links to folders are not followed inside a folder.
    /// </summary>
    public IEnumerable<ManifestInput> Read(IEnumerable<string> paths)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            foreach (var file in Expand(path))
            {
                if (seen.Add(file is "-" ? file : Path.GetFullPath(file)) && ReadText(file) is { } text)
                    yield return new(file, text, IsFound: !string.Equals(file, path, StringComparison.Ordinal));
            }
        }
    }

    private List<string> Expand(string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            Error("unreadable", "", "a path is empty or holds a null: write a file, a folder, or - for standard input");
            return [];
        }
        if (path is "-" || !Directory.Exists(path))
            return [path];
        var files = new List<string>();
        Collect(path, path, files);
        files.Sort(StringComparer.Ordinal);
        if (files.Count == 0)
            Error("no-manifests", path, $"the folder holds no file that ends in {string.Join(", ", Extensions)}");
        return files;
    }

    private void Collect(string root, string folder, List<string> files)
    {
        try
        {
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            {
                var path = Path.Combine(folder, entry.Name);
                if (entry.Name.StartsWith('.') || ManifestLoader.IsExcluded(exclude, Path.GetRelativePath(root, path)))
                    continue;
                if (entry is FileInfo && Extensions.Contains(Path.GetExtension(entry.Name), StringComparer.OrdinalIgnoreCase))
                    files.Add(path);
                else if (entry is DirectoryInfo && entry.LinkTarget is null)
                    Collect(root, path, files);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Error("unreadable", folder, $"cannot list the folder: {exception.Message}");
        }
    }

    private string? ReadText(string file)
    {
        if (file is "-" && stdin is null)
        {
            Error("unreadable", file, "there is no standard input here: name a file or a folder");
            return null;
        }
        try
        {
            if (file is "-")
                return ReadBounded(file, stdin!);
            using var reader = new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            return ReadBounded(file, reader);
        }
        catch (DecoderFallbackException)
        {
            Error("unreadable", file, "it is not UTF-8 text: save it as UTF-8");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            var reason = exception is FileNotFoundException or DirectoryNotFoundException ? "there is no such file or folder" : exception.Message;
            Error("unreadable", file, $"cannot read it: {reason}");
        }
        return null;
    }

    private string? ReadBounded(string file, TextReader reader)
    {
        var text = new StringBuilder();
        var buffer = new char[1 << 16];
        for (var read = reader.Read(buffer); read > 0; read = reader.Read(buffer))
        {
            text.Append(buffer, 0, read);
            if (text.Length > limits.Characters)
            {
                Error("too-large", file, $"it is longer than {limits.Characters} characters: split it into several files");
                return null;
            }
        }
        // A byte order mark that the decoder left in (standard input) is not content.
        return text.Length > 0 && text[0] == '\uFEFF' ? text.ToString(1, text.Length - 1) : text.ToString();
    }

    private void Error(string code, string file, string message) =>
        diagnostics.Add(new(code, Severity.Error, new(file, 0), Subject: "", Field: "", message));
}

/// <summary>A text to read manifests from.</summary>
/// <param name="File">Its name in messages.</param>
/// <param name="Text">All of it.</param>
/// <param name="IsFound">It was found in a folder. A person named every other one.</param>
internal sealed record ManifestInput(string File, string Text, bool IsFound);

/// <summary>Files that lie beside manifests and are none, with what to do to have what they stand for.</summary>
internal sealed class NonManifestFiles
{
    private const string HelmOpening = "{{";

    private static readonly string[] KustomizationNames = ["kustomization.yaml", "kustomization.yml"];

    /// <summary>The files that a kustomization merges into others, each with the kustomization.</summary>
    private readonly Dictionary<string, string> _patches = new(StringComparer.Ordinal);

    public NonManifestFiles(IEnumerable<ManifestInput> inputs, DocumentLimits limits)
    {
        foreach (var input in inputs.Where(i => i.IsFound && KustomizationNames.Contains(Path.GetFileName(i.File), StringComparer.Ordinal)))
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(input.File))!;
            foreach (var patch in DocumentParser.Parse(input.File, input.Text, limits, []).OfType<MappingNode>().SelectMany(Patches))
                _patches.TryAdd(Path.GetFullPath(Path.Combine(folder, patch)), input.File);
        }
    }

    /// <summary>Why an input is no manifest, and what to do; null for one that is read. What a person named is read where it could be a manifest.</summary>
    /// <param name="input">The input.</param>
    /// <param name="documents">What could be read of it.</param>
    /// <param name="faults">What could not.</param>
    public string? FindReason(ManifestInput input, IReadOnlyCollection<DocumentNode> documents, IReadOnlyCollection<Diagnostic> faults)
    {
        var name = Path.GetFileName(input.File);
        var folder = Path.GetDirectoryName(input.File) is { Length: > 0 } named ? named : ".";
        if (KustomizationNames.Contains(name, StringComparer.Ordinal) || documents.Any(d => d is MappingNode m && m.GetText("apiVersion")?.StartsWith("kustomize.config.k8s.io/", StringComparison.Ordinal) == true))
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
            ? "it holds no Kubernetes object: nothing has apiVersion and kind; if that is intended, leave it out with --exclude"
            : null;
    }

    /// <summary>A manifest may have such braces in a string; a template is no YAML because of them, or has them in an object's name.</summary>
    private static bool IsHelmTemplate(ManifestInput input, IEnumerable<DocumentNode> documents, IReadOnlyCollection<Diagnostic> faults) =>
        input.Text.Contains(HelmOpening, StringComparison.Ordinal) && (faults.Count > 0 || documents.Any(d =>
            d is MappingNode body && body["metadata"] is MappingNode metadata &&
            (metadata.GetText("name")?.Contains(HelmOpening, StringComparison.Ordinal) == true || metadata.GetText("namespace")?.Contains(HelmOpening, StringComparison.Ordinal) == true)));

    private static string HelmAdvice(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file));
        while (folder is not null && !File.Exists(Path.Combine(folder, "Chart.yaml")))
            folder = Path.GetDirectoryName(folder);
        return $"helm template {(folder is null ? "CHART" : Path.GetRelativePath(Environment.CurrentDirectory, folder))} | netpol check -f -";
    }

    /// <summary>Whether a document is intended to be an object, be it a faulty one.</summary>
    private static bool IsObject(DocumentNode document) =>
        document is MappingNode body && (body["apiVersion"] is not null || body["kind"] is not null || (body["metadata"] is not null && body["spec"] is not null));

    private static IEnumerable<string> Patches(MappingNode kustomization)
    {
        foreach (var list in (string[])["patches", "patchesStrategicMerge", "patchesJson6902"])
        {
            foreach (var item in (kustomization[list] as SequenceNode)?.Items.ToList() ?? [])
            {
                var path = item is MappingNode patch ? patch.GetText("path") : (item as ScalarNode)?.Text;
                if (path is { Length: > 0 } && !path.Contains('\n', StringComparison.Ordinal) && !path.Contains('\0', StringComparison.Ordinal))
                    yield return path;
            }
        }
    }
}
