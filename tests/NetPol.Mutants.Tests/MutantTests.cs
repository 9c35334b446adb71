namespace NetPol.Mutants.Tests;

/// <summary>The judges of the compiler are worth something: they object to every mistake of the list, and to nothing in the sources as they are.</summary>
[TestClass, TestCategory("Mutation")]
public sealed class MutantTests
{
    private const int Samples = 6000;

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public void Judges_object_to_every_seeded_mistake()
    {
        var workshop = new Workshop();
        var mutations = Mutation.ReadAll();
        var answers = new string?[mutations.Length];
        Parallel.For(
            0, mutations.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i => answers[i] = Answer(workshop, mutations[i]));

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
    public void Judges_object_to_nothing_in_the_sources_as_they_are() => Assert.IsNull(new Workshop().JudgeSound(500));

    private static string Answer(Workshop workshop, Mutation mutation)
    {
        try
        {
            return workshop.Judge(mutation, Samples) is { } objection ? $"killed by {objection}" : "survived";
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }
}
