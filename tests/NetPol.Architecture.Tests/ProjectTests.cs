namespace NetPol.Architecture.Tests;

[TestClass]
public sealed class ProjectTests
{
    [TestMethod]
    public void Table_in_ARCHITECTURE_lists_every_source_project() =>
        CollectionAssert.AreEquivalent(ProjectFile.In("src").Select(p => p.Name).ToArray(), ArchitectureTable.Read().Keys.ToArray());

    [TestMethod]
    public void Project_references_are_those_of_the_table()
    {
        var table = ArchitectureTable.Read();
        foreach (var project in ProjectFile.In("src"))
        {
            var (references, packages) = table[project.Name];
            Assert.AreEqual(string.Join(", ", references), string.Join(", ", project.References), $"references of {project}");
            Assert.AreEqual(string.Join(", ", packages), string.Join(", ", project.Packages), $"packages of {project}");
        }
    }

    [TestMethod]
    public void Only_Netlink_calls_the_C_library()
    {
        var packages = ProjectFile.In("src").Where(p => p.Packages.Contains("Tmds.LibC", StringComparer.Ordinal)).Select(p => p.Name);
        Assert.AreEqual("NetPol.Netlink", string.Join(", ", packages));
        var sources = SourceTree.CSharp
            .Where(f => f.StartsWith("src/", StringComparison.Ordinal) && !f.StartsWith("src/NetPol.Netlink/", StringComparison.Ordinal))
            .Where(f => SourceTree.Lines(f).Any(l => l.Contains("Tmds.", StringComparison.Ordinal) || l.Contains("DllImport(", StringComparison.Ordinal) || l.Contains("LibraryImport(", StringComparison.Ordinal)));
        Assert.AreEqual("", string.Join(", ", sources));
    }

    [TestMethod]
    public void Executables_are_leaves()
    {
        var executables = ProjectFile.All.Where(p => p.IsExecutable).Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        Assert.IsNotEmpty(executables);
        // Tests and measurements alone may put executables together.
        foreach (var project in ProjectFile.All.Where(p => !p.Name.EndsWith(".Tests", StringComparison.Ordinal) && p.Name is not "NetPol.Benchmarks"))
        {
            var leaves = project.References.Where(executables.Contains);
            Assert.AreEqual("", string.Join(", ", leaves), $"{project} refers to an executable");
        }
    }

    [TestMethod]
    public void Agent_and_its_references_support_NativeAOT()
    {
        var agent = ProjectFile.All.Single(p => string.Equals(p.Name, "NetPol.Agent", StringComparison.Ordinal));
        Assert.AreEqual("PublishAot", agent.AheadOfTime);
        // The build's analyzers look at a library only when it says that it is intended to be compiled so.
        foreach (var library in ProjectFile.All.Where(p => agent.References.Contains(p.Name, StringComparer.Ordinal)))
            Assert.AreEqual("IsAotCompatible", library.AheadOfTime, library.Name);
    }

    [TestMethod]
    public void Sources_do_not_know_tests()
    {
        var tests = ProjectFile.In("tests").Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var project in ProjectFile.In("src"))
            Assert.IsFalse(project.References.Any(tests.Contains), $"{project} refers to a test project");
    }

    [TestMethod]
    public void Every_source_project_has_a_test_project()
    {
        foreach (var project in ProjectFile.In("src"))
        {
            var tests = Array.Find(ProjectFile.All, p => string.Equals(p.Name, $"{project.Name}.Tests", StringComparison.Ordinal));
            Assert.IsNotNull(tests, $"{project.Name}.Tests is missing");
            CollectionAssert.Contains(tests.References, project.Name, $"{tests} tests something else");
            Assert.IsTrue(
                SourceTree.CSharp.Any(f => f.StartsWith($"tests/{tests.Name}/", StringComparison.Ordinal) && SourceTree.Lines(f).Any(l => l.Contains("[TestMethod", StringComparison.Ordinal))),
                $"{tests} holds no test");
        }
    }

    [TestMethod]
    public void The_solution_holds_every_project()
    {
        var solution = string.Join('\n', SourceTree.Lines("NetPol.sln")).Replace('\\', '/');
        foreach (var project in ProjectFile.All)
            Assert.Contains($"{project.Room}/{project.Name}/{project.Name}.csproj", solution, StringComparison.Ordinal);
    }
}
