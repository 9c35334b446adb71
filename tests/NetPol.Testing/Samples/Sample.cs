using NetPol.Testing.Infrastructure;

namespace NetPol.Testing.Samples;

/// <summary>One folder of <c>policy-samples</c>.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Folder">The folder's path.</param>
public sealed record Sample(string Name, string Folder)
{
    /// <summary>The manifests, in ordinal order of their names.</summary>
    public string[] Manifests => [.. Directory.GetFiles(Folder, "*.yaml").Order(StringComparer.Ordinal)];

    public ExpectedMatrix Expected => ExpectedMatrix.Parse(File.ReadAllText(Path.Combine(Folder, "expected.txt")));

    /// <summary>All samples, by name.</summary>
    public static IEnumerable<Sample> All() => Directory.GetDirectories(Repository.Path("policy-samples"))
        .Select(folder => new Sample(Path.GetFileName(folder), folder))
        .OrderBy(sample => sample.Name, StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">There is no such folder.</exception>
    public static Sample Named(string name) => All().Single(sample => string.Equals(sample.Name, name, StringComparison.Ordinal));

    public override string ToString() => Name;
}
