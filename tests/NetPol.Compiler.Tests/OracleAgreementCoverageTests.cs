using CsCheck;
using NetPol.Testing;

namespace NetPol.Compiler.Tests;

[TestClass]
public sealed class OracleAgreementCoverageTests
{
    private const int AtLeast = 10;

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public void Generated_worlds_meet_every_interesting_case()
    {
        var met = new int[InterestingCases.All.Count];
        var samples = Generators.Worlds.SelectMany(world => Generators.Connections(world).Array[16].Select(connections => (world, connections)));
        Parallel.ForEach(samples.Draw(1500), sample =>
        {
            foreach (var connection in sample.connections)
            {
                var verdict = Oracle.Judge(sample.world, connection);
                for (var i = 0; i < met.Length; i++)
                {
                    if (InterestingCases.All[i].IsMet(sample.world, connection, verdict))
                        Interlocked.Increment(ref met[i]);
                }
            }
        });
        var rare = new List<string>();
        foreach (var (count, about) in met.Zip(InterestingCases.All))
        {
            TestContext.WriteLine($"{count,7}  {about}");
            if (count < AtLeast)
                rare.Add($"{about}: {count}");
        }
        Assert.IsEmpty(rare, string.Join('\n', rare));
    }
}
