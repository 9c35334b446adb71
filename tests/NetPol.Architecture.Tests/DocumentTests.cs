using System.Text.RegularExpressions;

namespace NetPol.Architecture.Tests;

[TestClass]
public sealed partial class DocumentTests
{
    private static readonly string[] TextFiles =
        [".cs", ".csproj", ".props", ".targets", ".json", ".yaml", ".yml", ".md", ".sh", ".txt", ".sln", ".editorconfig", ".gitignore", "netpol", "test", "run", "Dockerfile"];

    [TestMethod]
    public void Relative_links_in_documents_lead_somewhere()
    {
        var broken =
            from file in SourceTree.Files
            where file.EndsWith(".md", StringComparison.Ordinal)
            from match in Link().Matches(string.Join('\n', SourceTree.Lines(file)))
            let target = match.Groups["target"].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
            let path = Path.Combine(Path.GetDirectoryName(SourceTree.Absolute(file))!, target)
            where !Path.Exists(path)
            select $"{file} -> {target}";
        Assert.AreEqual("", string.Join('\n', broken));
    }

    [TestMethod]
    public void No_file_knows_the_machine_that_it_was_written_on()
    {
        var wrong =
            from file in SourceTree.Files
            where TextFiles.Any(t => file.EndsWith(t, StringComparison.Ordinal))
            from line in SourceTree.Lines(file)
            where MachinePath().IsMatch(line)
            select $"{file}: {line.Trim()}";
        Assert.AreEqual("", string.Join('\n', wrong));
    }

    [TestMethod]
    [DataRow("see " + "/" + "home/ann/notes")]
    [DataRow("\"" + "/" + "work/x\"")]
    [DataRow("C:" + "\\Users\\ann")]
    public void A_path_of_a_machine_is_recognised(string line) => Assert.MatchesRegex(MachinePath(), line);

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"(^|[\s""'`(=:])(/(home|Users|work|root)/\w|[A-Z]:\\\\?Users\\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MachinePath();
}
