using NetPol.Compiler;
using NetPol.Testing.Generation;

namespace NetPol.Rendering.Tests;

[TestClass, TestCategory("Unit")]
public sealed class TableSizeTests
{
    [TestMethod]
    public void The_size_is_that_of_the_rendered_table() => Generators.Clusters.ForAll(100, cluster =>
    {
        foreach (var rules in PolicyCompiler.Compile(cluster))
        {
            var table = Renderer.Render(rules);
            Assert.AreEqual(new TableSize(table.Chains.Count, table.Sets.Count, table.Sets.Values.Sum(s => s.Elements.Count)), TableSize.Of(rules));
        }
    });
}
