namespace NetPol.Mutants.Tests;

/// <summary>The checks of the compiler detect every listed mutation, and pass on the unchanged sources.</summary>
[TestClass, TestCategory("Mutation")]
public sealed class MutantTests
{
    private const int Samples = 6000;

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public void Checks_kill_every_mutant()
    {
        var compiler = new MutantCompiler();
        var mutations = Mutation.ReadAll();
        var answers = new string?[mutations.Length];
        Parallel.For(
            0, mutations.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i => answers[i] = Answer(compiler, mutations[i]));

        var failures = new List<string>();
        foreach (var (mutation, answer) in mutations.Zip(answers))
        {
            TestContext.WriteLine($"{mutation.Id} ({mutation.File}): {answer}");
            if (!answer!.StartsWith("killed", StringComparison.Ordinal))
                failures.Add($"{mutation.Id} ({mutation.File}): {answer}");
        }
        Assert.IsEmpty(failures, string.Join('\n', failures));
    }

    [TestMethod]
    public void Checks_accept_the_unchanged_sources() => Assert.IsNull(new MutantCompiler().CheckUnchanged(500));

    private static string Answer(MutantCompiler compiler, Mutation mutation)
    {
        try
        {
            return compiler.Check(mutation, Samples) is { } objection ? $"killed by {objection}" : "survived";
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }
}
