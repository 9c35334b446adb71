using CsCheck;
using NetPol.Compiler.Comparing;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Compiler.Tests;

/// <summary>What a comparison tells is the difference of what the oracle says of both clusters, connection by connection.</summary>
[TestClass]
public sealed class ComparisonTests
{
    private static readonly Gen<(ClusterSnapshot Before, ClusterSnapshot After)> Pairs = Agreement.Walks
        .Select((world, steps) => (world, steps.Aggregate(world, (at, step) => step.Apply(at))));

    [TestMethod]
    public void Every_change_of_every_connection_is_told_and_no_other() => Pairs.Holds(12, pair =>
    {
        var worlds = new ComparedWorlds(pair.Before, pair.After);
        var told = new ToldChanges(ClusterComparer.Compare(pair.Before, pair.After, deciders: true));
        foreach (var (from, to) in worlds.Pairs())
        {
            foreach (var service in worlds.Services)
                AssertTold(worlds, told, from, to, service);
        }
    });

    [TestMethod]
    public void Of_many_worlds_what_is_told_of_some_connections_is_right() => Pairs.SelectMany(
        pair => Gen.Select(Gen.Int[0, 1_000_000].Array[60], places => (pair, places))).Holds(600, sample =>
    {
        var worlds = new ComparedWorlds(sample.pair.Before, sample.pair.After);
        var told = new ToldChanges(ClusterComparer.Compare(sample.pair.Before, sample.pair.After, deciders: true));
        var questions = (from pair in worlds.Pairs() select pair).ToList();
        foreach (var place in questions.Count == 0 ? [] : sample.places)
        {
            var (from, to) = questions[place % questions.Count];
            AssertTold(worlds, told, from, to, worlds.Services[place % worlds.Services.Count]);
        }
    });

    private static void AssertTold(ComparedWorlds worlds, ToldChanges told, ComparedEnd from, ComparedEnd to, (Protocol Protocol, ushort Port) service)
    {
        var (before, after) = worlds.Judge(from, to, service);
        if (told.Differ(from, to, service, Plain(before), Plain(after)) is { } fault)
            Assert.Fail($"{fault}\n{worlds}");
    }

    private static ConnectionVerdict Plain(ConnectionVerdict verdict) => new(verdict.Egress.Plain, verdict.Ingress.Plain);
}
