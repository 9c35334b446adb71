namespace NetPol.Mutants.Tests;

[TestClass, TestCategory("Unit")]
public sealed class MutantListTests
{
    /// <summary>Checks that a removed or renamed mutant is also removed or renamed in <c>mutants.txt</c>.</summary>
    [TestMethod]
    public void List_has_every_expected_mutant_and_no_other() =>
        CollectionAssert.AreEqual(Mutation.ReadExpectedIds(), Mutation.ReadAll().Select(m => m.Id).ToArray());

    [TestMethod]
    public void Mutants_differ_in_statement_and_in_code()
    {
        var mutations = Mutation.ReadAll();
        CollectionAssert.AllItemsAreUnique(mutations.Select(m => m.Id).ToArray());
        CollectionAssert.AllItemsAreUnique(mutations.Select(m => (m.File, m.Search, m.Replace)).ToArray());
    }

    [TestMethod]
    public void Every_mutant_changes_the_sources()
    {
        var compiler = new MutantCompiler();
        var misfits = new List<string>();
        foreach (var mutation in Mutation.ReadAll())
        {
            try
            {
                compiler.Apply(mutation);
            }
            catch (InvalidOperationException e)
            {
                misfits.Add($"{mutation.Id}: {e.Message}");
            }
            if (mutation.Search == mutation.Replace)
                misfits.Add($"{mutation.Id}: replaces a text by itself");
        }
        Assert.AreEqual("", string.Join('\n', misfits));
    }
}
