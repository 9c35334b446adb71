using System.Text;
using NetPol.Kubernetes.Documents;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Manifests;

/// <summary>A text to read manifests from.</summary>
/// <param name="File">Its name in messages.</param>
/// <param name="Text">All of it.</param>
/// <param name="IsFound">It was found in a folder. A person named every other one.</param>
internal sealed record Input(string File, string Text, bool IsFound);

/// <summary>Finds and reads the inputs that a person names. Everything that goes wrong is a diagnostic.</summary>
internal sealed class InputFiles(TextReader? stdin, DocumentLimits limits, IReadOnlyList<string> exclude, List<Diagnostic> diagnostics)
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>
    /// The inputs in the order given, each once, a folder's files (with those of its folders) in ordinal order of their paths. Names that
    /// start with a dot and links to folders are not followed inside a folder.
    /// </summary>
    public IEnumerable<Input> Read(IEnumerable<string> paths)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            foreach (var file in Expand(path))
            {
                if (seen.Add(file is "-" ? file : Path.GetFullPath(file)) && Text(file) is { } text)
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

    private string? Text(string file)
    {
        if (file is "-" && stdin is null)
        {
            Error("unreadable", file, "there is no standard input here: name a file or a folder");
            return null;
        }
        try
        {
            if (file is "-")
                return Bounded(file, stdin!);
            using var reader = new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            return Bounded(file, reader);
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

    private string? Bounded(string file, TextReader reader)
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
