using System.Text;
using NetPol.Kubernetes.Manifests;
using NetPol.Kubernetes.Syntax;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Tests.Manifests;

[TestClass, TestCategory("Unit")]
public sealed class ManifestInputTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("npt-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void A_missing_file_is_an_error_that_names_it() =>
        AssertError(Load(Path.Combine(_folder, "nowhere.yaml")), "unreadable", "there is no such file or folder");

    [TestMethod]
    public void A_folder_without_manifests_is_an_error() => AssertError(Load(_folder), "no-manifests", ".yaml");

    [TestMethod]
    public void Standard_input_that_is_not_there_is_an_error() => AssertError(ManifestLoader.Load(["-"], stdin: null), "unreadable", "standard input");

    [TestMethod]
    public void An_empty_path_is_an_error() => AssertError(Load(""), "unreadable", "empty");

    [TestMethod]
    public void A_path_that_no_file_can_have_is_an_error() => AssertError(Load("a\0b"), "unreadable", "null");

    [TestMethod]
    public void Folders_are_read_recursively_without_hidden_files()
    {
        Write("b.yml", "b");
        Write("a/z.yaml", "z");
        Write("a/B.json", "B", """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"json"}}""");
        Write(".git/hidden.yaml", "hidden");
        Write("notes.txt", "text", "not a manifest");

        var loaded = Load(_folder);

        Assert.AreEqual("default/json default/z default/b", string.Join(' ', loaded.Objects.Select(o => o.Id)));
        Assert.AreEqual(Path.Combine(_folder, "a/z.yaml") + ":1", loaded.Objects[1].Location.ToString());
    }

    [TestMethod]
    public void A_file_that_is_named_twice_is_read_once()
    {
        Write("a.yaml", "a");

        Assert.IsFalse(ManifestLoader.Load([_folder, Path.Combine(_folder, "a.yaml")], stdin: null).HasErrors);
    }

    [TestMethod]
    public void A_folder_that_links_to_itself_ends()
    {
        Write("a.yaml", "a");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "loop"), _folder);

        Assert.AreEqual(1, Load(_folder).Objects.Count);
    }

    [TestMethod]
    public void An_input_that_is_too_long_is_refused_unread() =>
        AssertError(LoadText(new string('#', 2000), new DocumentLimits(Characters: 1000)), "too-large", "1000 characters");

    [TestMethod]
    [DataRow("[")]
    [DataRow("- ")]
    [DataRow("{a: ")]
    [DataRow("""{"a":""")]
    [DataRow("""{"a":[""")]
    public void Nesting_without_end_is_an_error(string opening)
    {
        var text = opening == "- " ? string.Concat(Enumerable.Repeat("- ", 100_000)) : string.Concat(Enumerable.Repeat(opening, 100_000));

        Assert.IsTrue(LoadText(text).HasErrors);
    }

    [TestMethod]
    public void Nesting_to_the_limit_is_fine_and_one_more_is_not()
    {
        const string Yaml = "# not JSON\n";
        Assert.IsFalse(LoadText(Nested(98)).HasErrors);
        Assert.IsFalse(LoadText(Yaml + Nested(98)).HasErrors);
        AssertError(LoadText(Nested(99)), "too-deep", "100 deep");
        AssertError(LoadText(Yaml + Nested(99)), "too-deep", "100 deep");
    }

    [TestMethod]
    public void Aliases_that_multiply_are_refused()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 12; i++)
            text.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n");

        AssertError(LoadText(text.ToString()), "too-many-aliases", "100000");
    }

    [TestMethod]
    public void Replicas_are_bounded() => AssertError(
        LoadText("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2000000000, template: {}}}"), "out-of-range", "10000");

    [TestMethod]
    public void Passed_over_kinds_are_counted()
    {
        var loaded = LoadText("""
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "b"}}
            """);

        Assert.AreEqual("[[Service, 2]]", loaded.Skipped.ToString());
    }

    [TestMethod]
    public void Daemon_sets_have_a_pod_on_every_node_that_will_be_made()
    {
        var loaded = ManifestLoader.Load(["-"], new StringReader("{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: a}, spec: {template: {}}}"), nodes: 3);
        Assert.AreEqual(3, loaded.Snapshot.Pods.Count);
    }

    [TestMethod]
    public void As_many_nodes_are_made_as_the_options_say() =>
        Assert.AreEqual(3, ManifestLoader.Load(["-"], new StringReader("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {}}"), nodes: 3).Complete().Nodes.Count);

    private static string Nested(int depth) =>
        $"{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"p\", \"annotations\": {string.Concat(Enumerable.Repeat("[", depth))}{new string(']', depth)}}}}}";

    private static LoadedManifests Load(string path) => ManifestLoader.Load([path], stdin: null);

    private static LoadedManifests LoadText(string text, DocumentLimits? limits = null) =>
        ManifestLoader.Load(["-"], new StringReader(text), new LoadOptions(), limits ?? DocumentLimits.Default);

    private static void AssertError(LoadedManifests loaded, string code, string words)
    {
        var found = loaded.Diagnostics.SingleOrDefault(d => d.Code == code && d.Severity == Severity.Error);
        Assert.IsNotNull(found, string.Join('\n', loaded.Diagnostics));
        StringAssert.Contains(found.Message, words, StringComparison.Ordinal);
    }

    private void Write(string path, string pod, string? text = null)
    {
        var file = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text ?? $"apiVersion: v1\nkind: Pod\nmetadata: {{name: {pod}}}\n");
    }
}
