using NetPol.Compiler.Mapping;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;
using static NetPol.Testing.Make;

namespace NetPol.Compiler.Tests;

/// <summary>The map of namespaces says what the oracle says of all their pods, on every port.</summary>
[TestClass]
public sealed class NamespaceMapTests
{
    [TestMethod]
    public void Says_what_the_oracle_says_of_every_connection() => Generators.Worlds.Holds(25, world =>
    {
        var told = NamespaceMapper.Map(world);
        var judged = Judged(world);
        for (var from = 0; from < told.Namespaces.Count; from++)
        {
            for (var to = 0; to < told.Namespaces.Count; to++)
            {
                var expected = judged.GetValueOrDefault((told.Namespaces[from], told.Namespaces[to]));
                Assert.AreEqual(expected, told[from, to], $"{told.Namespaces[from]} to {told.Namespaces[to]} of {new JudgedWorld(world, [])}");
            }
        }
    });

    [TestMethod]
    public void Generated_worlds_hold_every_reach() => Assert.AreEqual(
        string.Join(' ', Enum.GetValues<Reach>()),
        string.Join(' ', Generators.Worlds.Draw(40).SelectMany(w => Judged(w).Values).Append(Reach.NoPods).Distinct().Order()));

    [TestMethod]
    public void A_pod_alone_does_not_reach_its_own_namespace_and_an_empty_one_is_there_too()
    {
        var map = NamespaceMapper.Map(new World()
            .Namespace("bank").Namespace("empty").Namespace("shop").Node("node-1", "192.168.0.1")
            .Pod("bank/safe", "10.0.0.1").Pod("shop/web", "10.0.0.2").Pod("shop/db", "10.0.0.3")
            .With(NetworkPolicy("bank/closed", "", ingress: []), NetworkPolicy("shop/db", "", [Allow(PodsIn("bank"), "5432/TCP")]))
            .Snapshot);

        Assert.AreEqual("bank empty shop", string.Join(' ', map.Namespaces));
        Assert.AreEqual(Reach.NoPods, map[0, 0]);
        Assert.AreEqual(Reach.NoPods, map[0, 1]);
        Assert.AreEqual(Reach.Partly, map[0, 2]);
        Assert.AreEqual(Reach.Closed, map[2, 0]);
        Assert.AreEqual(Reach.Closed, map[2, 2]);
    }

    private static Dictionary<(string From, string To), Reach> Judged(ClusterSnapshot world)
    {
        var worlds = new ComparedWorlds(world, world);
        var found = new Dictionary<(string From, string To), Reach>();
        foreach (var (from, to) in worlds.Pairs().Where(p => p.From.Pod is not null && p.To.Pod is not null && p.From != p.To))
        {
            var key = (from.Pod!.Id.Namespace, to.Pod!.Id.Namespace);
            foreach (var service in worlds.Services)
            {
                var verdict = worlds.Judge(from, to, service).New;
                var isAllowed = verdict.Egress.Verdict == Verdict.Allow && verdict.Ingress.Verdict == Verdict.Allow;
                found[key] = found.GetValueOrDefault(key) | (isAllowed ? Reach.Open : Reach.Closed);
            }
        }
        return found;
    }
}
