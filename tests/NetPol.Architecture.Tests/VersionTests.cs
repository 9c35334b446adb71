using System.Reflection;
using System.Text.RegularExpressions;
using NetPol.Testing.Infrastructure;

namespace NetPol.Architecture.Tests;

/// <summary>The version is that of <c>Directory.Build.props</c> everywhere. <see cref="ManifestTests"/> compares the image of the manifests.</summary>
[TestClass]
public sealed partial class VersionTests
{
    private static readonly string Version = string.Join('-', Property().Matches(File.ReadAllText(Repository.Path("Directory.Build.props"))).Select(m => m.Groups["value"].Value).Where(v => v.Length > 0));

    /// <summary>The files that <c>build/set-version</c> writes.</summary>
    private static readonly string[] Written = ["CHANGELOG.md", "Directory.Build.props", "manifests/base/agent.yaml", "manifests/base/controller.yaml"];

    [TestMethod]
    public void Assemblies_have_the_version() =>
        Assert.AreEqual(Version, typeof(Repository).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);

    [TestMethod]
    public void The_changelog_has_a_section_for_a_release_and_none_for_what_is_between_releases()
    {
        var sections = Section().Matches(File.ReadAllText(Repository.Path("CHANGELOG.md"))).Select(m => m.Groups["name"].Value).ToList();
        Assert.AreEqual("Unreleased", sections[0]);
        if (Version.Contains('-', StringComparison.Ordinal))
            Assert.DoesNotContain(Version, sections);
        else
            Assert.AreEqual(Version, sections.ElementAtOrDefault(1), "the newest section under Unreleased");
    }

    [TestMethod]
    public void Only_the_files_that_set_version_writes_name_a_version_of_NetPol()
    {
        var other = SourceTree.Files.Where(f => !Written.Contains(f, StringComparer.Ordinal) && !f.StartsWith("tests/", StringComparison.Ordinal) && IsText(f))
            .Where(f => ImageVersion().IsMatch(File.ReadAllText(SourceTree.Absolute(f))));
        Assert.AreEqual("", string.Join(", ", other), "write $(build/version) or VERSION");
        foreach (var manifest in Written.Where(f => f.StartsWith("manifests/", StringComparison.Ordinal)))
            Assert.Contains($":{Version}", File.ReadAllText(Repository.Path(manifest)), manifest);
    }

    private static bool IsText(string file) => Path.GetExtension(file) is "" or ".md" or ".yaml" or ".yml" or ".json" or ".cs" or ".sh" or ".html" or ".props";

    [GeneratedRegex("<Version(Prefix|Suffix)>(?<value>.*)</Version", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Property();

    [GeneratedRegex(@"^## \[(?<name>.+)\]", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Section();

    [GeneratedRegex(@"netpol(-agent|-controller)?[:/]v?\d+\.\d+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ImageVersion();
}
