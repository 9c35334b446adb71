using System.Text.RegularExpressions;

namespace NetPol.Architecture.Tests;

[TestClass]
public sealed partial class DocumentTests
{
    private static readonly string[] TextFiles =
        [".cs", ".csproj", ".props", ".targets", ".json", ".yaml", ".yml", ".md", ".sh", ".txt", ".sln", ".editorconfig", ".gitignore", "netpol", "test", "run", "Dockerfile"];

    private static readonly Dictionary<string, Document> Documents =
        SourceTree.Files.Where(f => f.EndsWith(".md", StringComparison.Ordinal)).ToDictionary(f => f, Document.Read, StringComparer.Ordinal);

    [TestMethod]
    public void Relative_links_lead_to_a_file_and_to_a_heading_in_it()
    {
        var broken =
            from document in Documents
            from target in document.Value.Links
            where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
            let fault = Fault(document.Key, target)
            where fault is not null
            select $"{document.Key} -> {target}: {fault}";
        Assert.AreEqual("", string.Join('\n', broken));
        Assert.IsGreaterThan(200, Documents.Values.Sum(d => d.Links.Count));
    }

    /// <summary>Markdown takes indented lines after a list as a paragraph of the last item, so a diagram there must be fenced.</summary>
    [TestMethod]
    public void Indented_code_does_not_follow_a_list() =>
        Assert.AreEqual("", string.Join('\n', Documents.Keys.SelectMany(f => IndentedInList(SourceTree.Lines(f)).Select(l => $"{f}:{l}"))));

    [TestMethod]
    [DataRow("- a\n\n    code", "3", DisplayName = "after an item")]
    [DataRow("1. a\n   more\n\n    code\n    more", "4", DisplayName = "after a longer item")]
    [DataRow("- a\n\n```text\n    code\n```", "", DisplayName = "fenced")]
    [DataRow("- a\n\ntext\n\n    code", "", DisplayName = "after a paragraph")]
    [DataRow("text\n\n    code\n    - more\n\n    code", "", DisplayName = "a list in code")]
    public void Finds_indented_code_after_a_list(string text, string lines) => Assert.AreEqual(lines, string.Join(' ', IndentedInList(text.Split('\n'))));

    [TestMethod]
    public void A_file_that_a_document_names_exists()
    {
        var missing =
            from document in Documents
            where document.Key is not "CHANGELOG.md"
            from path in document.Value.Paths
            where !Path.Exists(SourceTree.Absolute(path.TrimEnd('/')))
            select $"{document.Key}: {path}";
        Assert.AreEqual("", string.Join('\n', missing));
    }

    [TestMethod]
    public void A_document_that_any_file_names_exists()
    {
        var missing =
            from file in SourceTree.Files
            where TextFiles.Any(t => file.EndsWith(t, StringComparison.Ordinal)) && file is not "CHANGELOG.md" && !file.EndsWith(".lock.json", StringComparison.Ordinal)
            from match in NamedDocument().Matches(File.ReadAllText(SourceTree.Absolute(file)))
            where !File.Exists(SourceTree.Absolute(match.Value))
            select $"{file}: {match.Value}";
        Assert.AreEqual("", string.Join('\n', missing.Distinct(StringComparer.Ordinal)));
    }

    [TestMethod]
    public void The_ways_of_the_data_pass_files_that_exist()
    {
        var files = (
            from line in SourceTree.Lines("ARCHITECTURE.md")
            from row in WayRow().Matches(line)
            from file in WayFile().Matches(row.Groups["files"].Value)
            select $"src/{row.Groups["project"].Value}/{file.Groups["name"].Value}.cs").ToList();
        Assert.IsGreaterThan(50, files.Count);
        Assert.AreEqual("", string.Join('\n', files.Where(f => !File.Exists(SourceTree.Absolute(f)))));
    }

    [TestMethod]
    public void Every_page_of_docs_is_in_the_table_of_contents()
    {
        var contents = SourceTree.Files.Where(f => f.StartsWith("docs/", StringComparison.Ordinal) && f.EndsWith("toc.yml", StringComparison.Ordinal))
            .SelectMany(f => ContentsEntry().Matches(File.ReadAllText(SourceTree.Absolute(f))).Select(m => Resolve(f, m.Groups["target"].Value)))
            .ToHashSet(StringComparer.Ordinal);
        Assert.AreEqual("", string.Join('\n', Documents.Keys.Where(f => f.StartsWith("docs/", StringComparison.Ordinal) && !contents.Contains(f))));
        Assert.AreEqual("", string.Join('\n', contents.Where(f => f.EndsWith(".md", StringComparison.Ordinal) && !Documents.ContainsKey(f))));
    }

    [TestMethod]
    [DataRow("What a fault closes", "what-a-fault-closes")]
    [DataRow("Kube-proxy: `iptables`, IPVS", "kube-proxy-iptables-ipvs")]
    [DataRow("[Link](a.md) to it", "link-to-it")]
    public void A_heading_has_the_anchor_that_GitRelay_gives_it(string heading, string anchor) => Assert.AreEqual(anchor, Document.Anchor(heading));

    [TestMethod]
    public void No_file_contains_a_path_of_a_machine()
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
    public void Path_of_a_machine_is_recognized(string line) => Assert.MatchesRegex(MachinePath(), line);

    /// <summary>Null when the link leads somewhere.</summary>
    /// <summary>The numbers of lines that begin an indented block in a list.</summary>
    private static IEnumerable<int> IndentedInList(string[] lines)
    {
        bool isFenced = false, isList = false;
        for (var i = 0; i < lines.Length; i++)
        {
            var indentation = lines[i].Length - lines[i].TrimStart().Length;
            if (lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal))
                isFenced = !isFenced;
            else if (isFenced || lines[i].Length == indentation)
                continue;
            else if (ListItem().IsMatch(lines[i]) && (isList || indentation < 4))
                isList = true;
            else if (indentation == 0)
                isList = false;
            else if (isList && indentation >= 4 && string.IsNullOrWhiteSpace(lines[i - 1]))
                yield return i + 1;
        }
    }

    private static string? Fault(string document, string target)
    {
        var parts = target.Split('#', 2);
        var path = parts[0].Length == 0 ? document : Resolve(document, parts[0]);
        if (!Path.Exists(SourceTree.Absolute(path)))
            return "there is no such file";
        return parts.Length == 1 || (Documents.TryGetValue(path, out var to) && to.Anchors.Contains(parts[1], StringComparer.Ordinal)) ? null : "there is no such heading";
    }

    private static string Resolve(string from, string target) =>
        Path.GetRelativePath(SourceTree.Absolute("."), Path.GetFullPath(Path.Combine(Path.GetDirectoryName(SourceTree.Absolute(from))!, target))).Replace('\\', '/');

    [GeneratedRegex(@"^ *([-*]|\d+\.) ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ListItem();

    [GeneratedRegex(@"\b(docs|src/[\w.]+)/([\w-]+/)*[\w-]+\.md\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamedDocument();

    [GeneratedRegex(@"^\|[^|]*\| (?<project>NetPol\.\w+) \| (?<files>[^|]+) \|$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WayRow();

    [GeneratedRegex(@"`(?<name>[\w/]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WayFile();

    [GeneratedRegex(@"href: (?<target>\S+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ContentsEntry();

    [GeneratedRegex(@"(^|[\s""'`(=:])(/(home|Users|work|root)/\w|[A-Z]:\\\\?Users\\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MachinePath();
}
