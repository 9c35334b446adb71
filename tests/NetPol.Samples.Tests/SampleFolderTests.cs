using NetPol.Testing.Infrastructure;
using NetPol.Testing.Samples;

namespace NetPol.Samples.Tests;

[TestClass]
public sealed class SampleFolderTests
{
    private const int Promised = 30;

    [TestMethod]
    public void There_are_as_many_as_promised() => Assert.IsGreaterThanOrEqualTo(Promised, Sample.All().Count());

    [TestMethod]
    public void Sample_has_cluster_policies_and_expectation()
    {
        foreach (var sample in Sample.All())
        {
            var files = Directory.GetFileSystemEntries(sample.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);
            Assert.AreEqual("expected.txt policies.yaml world.yaml", string.Join(' ', files), sample.Name);
        }
    }

    [TestMethod]
    public void Policies_begin_with_a_comment()
    {
        foreach (var sample in Sample.All())
        {
            var comment = File.ReadLines(Path.Combine(sample.Folder, "policies.yaml")).TakeWhile(l => l.StartsWith('#')).ToArray();
            Assert.IsTrue(comment.Any(l => l.StartsWith("# What surprises people:", StringComparison.Ordinal)), sample.Name);
            Assert.IsFalse(comment.FirstOrDefault()?.StartsWith("# What surprises", StringComparison.Ordinal), sample.Name);
        }
    }

    [TestMethod]
    public void The_index_has_one_line_for_each_folder()
    {
        var index = File.ReadAllLines(Repository.Path("policy-samples", "README.md"));
        foreach (var sample in Sample.All())
            Assert.ContainsSingle(index.Where(l => l.StartsWith($"| [{sample.Name}]({sample.Name}/policies.yaml) | ", StringComparison.Ordinal)), sample.Name);
        Assert.AreEqual(Sample.All().Count(), index.Count(l => l.StartsWith("| [", StringComparison.Ordinal)));
    }
}
