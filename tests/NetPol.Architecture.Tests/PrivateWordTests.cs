namespace NetPol.Architecture.Tests;

/// <summary>
/// No file uses a word that only an insider understands. <c>private-words.tsv</c> has the words, what to write instead, and the permitted uses.
/// </summary>
[TestClass]
public sealed class PrivateWordTests
{
    private const string List = "tests/NetPol.Architecture.Tests/private-words.tsv";

    private static readonly string[] Skipped =
    [
        List,
        "tests/NetPol.Architecture.Tests/PrivateWord.cs",
        "tests/NetPol.Architecture.Tests/PrivateWordChecker.cs",
        "tests/NetPol.Architecture.Tests/PrivateWordTests.cs",
    ];

    private static readonly string[] NotText = [".png", ".ico", ".gz", ".lock.json"];

    private static readonly PrivateWord[] Sample =
        [.. PrivateWord.Read(["peer class, peer classes\tpeer identity\tsamples/*.yaml (history); \"the peer class of old\" (a quotation)", "stranger\toutside address\t", "name:otherwise\tdefault\t"])];

    [TestMethod]
    public void No_file_uses_a_private_word()
    {
        var words = PrivateWord.Read(SourceTree.Lines(List));
        Assert.IsGreaterThan(50, words.Count);
        var files = TextFiles();
        Assert.IsGreaterThan(1000, files.Length);
        var uses = Check(new(words), files);
        Assert.AreEqual("", string.Join('\n', uses));
    }

    [TestMethod]
    [DataRow("a.cs", "class A\n{\n    int PeerClasses;\n}", 3, "peer classes", DisplayName = "Pascal case")]
    [DataRow("a.cs", "var _peerClass = 1;", 1, "peer class", DisplayName = "camel case")]
    [DataRow("a.py", "\nIP4_peer_class6 = 2", 2, "peer class", DisplayName = "snake case")]
    [DataRow("a.yaml", "metadata:\n  name: peer-class\n", 2, "peer class", DisplayName = "kebab case in YAML")]
    [DataRow("a.cs", "/// the peer\n/// class of an address", 1, "peer class", DisplayName = "comment, across lines")]
    [DataRow("a.sh", "PEER_CLASS=1", 1, "peer class", DisplayName = "upper case")]
    [DataRow("a.md", "A Stranger's packet.", 1, "stranger", DisplayName = "possessive")]
    [DataRow("a.cs", "\"x\"; int _otherwisePort; // otherwise", 1, "otherwise", DisplayName = "name")]
    public void Finds_a_word(string path, string text, int line, string word)
    {
        var use = new PrivateWordChecker(Sample).Check(path, text).Single();
        Assert.AreEqual((path, line, word), (use.Path, use.Line, use.Word));
    }

    [TestMethod]
    [DataRow("samples/old.yaml", "a peer class", DisplayName = "permitted path")]
    [DataRow("a.md", "It was the peer class of old.", DisplayName = "permitted phrase")]
    [DataRow("a.cs", "var x = peer.Class;", DisplayName = "two names")]
    [DataRow("a.md", "A peer. Class is a word of C#.", DisplayName = "two sentences")]
    [DataRow("a.md", "strangers", DisplayName = "another word")]
    [DataRow("a.md", "Otherwise it stays.", DisplayName = "name, in text")]
    [DataRow("a.cs", "/* otherwise */ var x = \"\\\"otherwise\"; // otherwise", DisplayName = "name, in comments and literals")]
    public void Permits_a_use(string path, string text) => Assert.IsEmpty(new PrivateWordChecker(Sample).Check(path, text));

    [TestMethod]
    [DataRow("samples/more/old.yaml", "a peer class", DisplayName = "deeper than the path")]
    [DataRow("samples/old.yaml", "a stranger", DisplayName = "path of another word")]
    [DataRow("a.md", "the peer class of old, and a peer class", DisplayName = "beside the permitted phrase")]
    public void Does_not_permit_more_than_is_written(string path, string text) => Assert.HasCount(1, new PrivateWordChecker(Sample).Check(path, text));

    [TestMethod]
    [DataRow("stranger\toutside address", DisplayName = "no column of permitted uses")]
    [DataRow("stranger\t\t", DisplayName = "no replacement")]
    [DataRow("stranger\toutside address\tdocs/**", DisplayName = "no reason")]
    public void A_row_of_another_form_is_an_error(string row) => Assert.ThrowsExactly<FormatException>(() => PrivateWord.Read([row]));

    private static IEnumerable<PrivateWordUse> Check(PrivateWordChecker checker, IEnumerable<string> files) =>
        files.SelectMany(f => checker.Check(f, File.ReadAllText(SourceTree.Absolute(f))));

    private static string[] TextFiles() =>
        [.. SourceTree.Files.Where(f => !Skipped.Contains(f, StringComparer.Ordinal) && !NotText.Any(e => f.EndsWith(e, StringComparison.Ordinal)))];
}
