using NetPol.Testing.Infrastructure;

namespace NetPol.Architecture.Tests;

/// <summary>The files that people wrote: everything but what a build or a version control system puts there.</summary>
internal static class SourceTree
{
    private static readonly string[] NotOurs = [".git", ".vs", ".idea", "bin", "obj", "artifacts", "TestResults"];

    /// <summary>Paths below the repository's root, with slashes, in ordinal order.</summary>
    public static string[] Files { get; } = [.. Below(Repository.Root).Order(StringComparer.Ordinal)];

    public static string[] CSharp { get; } = [.. Files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal))];

    public static string Absolute(string path) => Repository.Path(path);

    public static string[] Lines(string path) => File.ReadAllLines(Absolute(path));

    private static IEnumerable<string> Below(string folder)
    {
        foreach (var file in Directory.GetFiles(folder))
            yield return Path.GetRelativePath(Repository.Root, file).Replace('\\', '/');
        foreach (var child in Directory.GetDirectories(folder))
        {
            if (NotOurs.Contains(Path.GetFileName(child), StringComparer.Ordinal))
                continue;
            foreach (var file in Below(child))
                yield return file;
        }
    }
}
