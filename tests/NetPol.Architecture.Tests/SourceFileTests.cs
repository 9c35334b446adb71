using System.Text.RegularExpressions;

namespace NetPol.Architecture.Tests;

[TestClass]
public sealed partial class SourceFileTests
{
    private const int MostLines = 600;

    [TestMethod]
    public void A_file_with_one_type_has_its_name()
    {
        var wrong = new List<string>();
        foreach (var file in SourceTree.CSharp)
        {
            // Name.Part.cs is a part of Name. A file of several small types is named for what they have in common.
            var types = SourceTree.Lines(file).Select(l => TopLevelType().Match(l)).Where(m => m.Success).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal).ToArray();
            var name = Path.GetFileName(file).Split('.')[0];
            if (types.Length == 1 && !string.Equals(types[0], name, StringComparison.Ordinal))
                wrong.Add($"{file}: {string.Join(", ", types)}");
        }
        Assert.AreEqual("", string.Join('\n', wrong));
    }

    [TestMethod]
    public void A_namespace_is_its_folder()
    {
        var wrong = new List<string>();
        foreach (var file in SourceTree.CSharp)
        {
            var folder = string.Join('.', file.Split('/')[1..^1]);
            var spaces = SourceTree.Lines(file).Where(l => l.StartsWith("namespace ", StringComparison.Ordinal)).ToArray();
            if (spaces.Length > 1 || (spaces.Length == 1 && !string.Equals(spaces[0], $"namespace {folder};", StringComparison.Ordinal)))
                wrong.Add($"{file}: {string.Join(", ", spaces)}");
        }
        Assert.AreEqual("", string.Join('\n', wrong));
    }

    [TestMethod]
    public void Source_file_has_at_most_600_lines()
    {
        var tooLong = SourceTree.CSharp.Select(f => (File: f, Lines: SourceTree.Lines(f).Length)).Where(f => f.Lines > MostLines);
        Assert.AreEqual("", string.Join(", ", tooLong));
    }

    [TestMethod]
    public void Log_event_ids_are_unique_in_each_project()
    {
        var events = SourceTree.CSharp.Where(f => f.StartsWith("src/", StringComparison.Ordinal))
            .SelectMany(f => LogEvent().Matches(File.ReadAllText(SourceTree.Absolute(f))).Select(m => (Project: f.Split('/')[1], Id: m.Groups["id"].Value))).ToList();
        Assert.IsGreaterThan(50, events.Count);
        Assert.AreEqual("", string.Join(", ", events.CountBy(e => e).Where(e => e.Value > 1).Select(e => $"{e.Key.Project} {e.Key.Id}")));
    }

    [GeneratedRegex(@"\[LoggerMessage\((EventId = )?(?<id>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LogEvent();

    [GeneratedRegex(@"^(public |internal |file |static |sealed |abstract |readonly |ref |unsafe |partial )*(class|interface|enum|struct|record( class| struct)?|delegate [\w<>?\[\]]+) (?<name>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TopLevelType();
}
