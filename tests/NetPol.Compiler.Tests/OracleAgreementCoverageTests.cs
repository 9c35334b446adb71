using CsCheck;
using NetPol.Testing.Agreement;
using NetPol.Testing.Generation;
using NetPol.Testing.Oracles;

namespace NetPol.Compiler.Tests;

[TestClass]
public sealed class OracleAgreementCoverageTests
{
    private const int AtLeast = 10;

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public void Generated_clusters_cover_every_interesting_case()
    {
        var met = new int[InterestingCases.All.Count];
        var samples = Generators.Clusters.SelectMany(cluster => Generators.Connections(cluster).Array[16].Select(connections => (cluster, connections)));
        Parallel.ForEach(samples.Draw(1500), sample =>
        {
            foreach (var connection in sample.connections)
            {
                var verdict = Oracle.Evaluate(sample.cluster, connection);
                for (var i = 0; i < met.Length; i++)
                {
                    if (InterestingCases.All[i].IsMet(sample.cluster, connection, verdict))
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
