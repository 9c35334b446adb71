using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Testing.Agreement;
using NetPol.Testing.Generation;
using NetPol.Testing.Oracles;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests;

/// <summary>Two policies of equal priority conflict only if some connection can match both with different actions.</summary>
[TestClass]
public sealed class PriorityConflictsTests
{
    [TestMethod]
    public void Policies_with_different_actions_for_a_connection_conflict() => CompilerAgreement.ClusterSamples.ForAll(300, sample =>
    {
        foreach (var tier in new[] { Tier.Admin, Tier.Baseline })
        {
            var policies = sample.Cluster.Policies.Where(p => p.Tier == tier && p.HasEffect && p.Isolation is null).ToList();
            foreach (var (one, other) in policies.SelectMany((a, at) => policies.Skip(at + 1).Select(b => (a, b))))
            {
                if (PriorityConflicts.CanConflict(one, other))
                    continue;
                foreach (var connection in sample.Connections)
                {
                    foreach (var direction in new[] { Direction.Ingress, Direction.Egress })
                    {
                        var first = Oracle.EvaluateSide(Alone(sample.Cluster, one), connection, direction);
                        var second = Oracle.EvaluateSide(Alone(sample.Cluster, other), connection, direction);
                        Assert.IsFalse(
                            first.Policy == one.Id && second.Policy == other.Id && first.Verdict != second.Verdict, $"{connection}: {one.Id} and {other.Id} meet");
                    }
                }
            }
        }
    });

    [TestMethod]
    [DataRow("team=a", "team=a", true)]
    [DataRow("team=a", "", true)]
    [DataRow("team=a", "tier=x", true)]
    [DataRow("team=a", "team=b", false)]
    [DataRow("team=a", "!team", false)]
    [DataRow("team", "!team", false)]
    [DataRow("team in (a;b)", "team notin (a)", true)]
    [DataRow("team in (a;b)", "team notin (a;b)", false)]
    [DataRow("team notin (a)", "!team", true)]
    public void Subjects_must_overlap(string one, string other, bool canMeet)
    {
        Assert.AreEqual(canMeet, Meet(InNamespaces(pods: one), InNamespaces(pods: other), Deny(Pods()), Allow(Pods())));
        Assert.AreEqual(canMeet, Meet(InNamespaces(one), InNamespaces(other), Deny(Pods()), Allow(Pods())));
    }

    [TestMethod]
    [DataRow("80/TCP", "80-90/TCP", true)]
    [DataRow("80/TCP", "http", true)]
    [DataRow("http", "web", true)]
    [DataRow("80/TCP", "81/TCP", false)]
    [DataRow("80/TCP", "80/UDP", false)]
    [DataRow("http/TCP", "80/UDP", false)]
    public void Ports_must_overlap(string one, string other, bool canMeet) =>
        Assert.AreEqual(canMeet, Meet(InNamespaces(), InNamespaces(), Deny(Pods(), one), Allow(Pods(), other)));

    [TestMethod]
    public void Actions_must_differ()
    {
        Assert.IsFalse(Meet(InNamespaces(), InNamespaces(), Deny(Pods()), Deny(Pods())));
        Assert.IsTrue(Meet(InNamespaces(), InNamespaces(), Pass(Pods()), Deny(Pods())));
        Assert.IsTrue(Meet(InNamespaces(), InNamespaces(), Pass(Pods()), Allow(Pods())));
    }

    [TestMethod]
    [DataRow("10.0.0.0/8", "10.1.0.0/16", true)]
    [DataRow("10.1.0.0/16", "10.0.0.0/8", true)]
    [DataRow("10.0.0.0/16", "10.1.0.0/16", false)]
    [DataRow("0.0.0.0/0", "::/0", false)]
    public void Networks_must_overlap(string one, string other, bool canMeet) => Assert.AreEqual(canMeet, PriorityConflicts.CanConflict(
        Admin("one", 1, InNamespaces(), egress: [Deny(Network(one))]), Admin("other", 1, InNamespaces(), egress: [Allow(Network(other))])));

    [TestMethod]
    public void Directions_must_agree() => Assert.IsFalse(PriorityConflicts.CanConflict(
        Admin("one", 1, InNamespaces(), ingress: [Deny(Pods())]), Admin("other", 1, InNamespaces(), egress: [Allow(Pods())])));

    [TestMethod]
    public void Policies_with_too_many_peers_count_as_conflicting()
    {
        Peer[] Many(string prefix, int count) => [.. Enumerable.Range(0, count).Select(i => Network($"{prefix}.{i / 256}.{i % 256}/32"))];
        bool Meet(int count) => PriorityConflicts.CanConflict(
            Admin("one", 1, InNamespaces(), egress: [Rule(RuleAction.Deny, Many("10.0", count), [])]), Admin("other", 1, InNamespaces(), egress: [Rule(RuleAction.Allow, Many("10.1", count), [])]));
        Assert.IsFalse(Meet(100));
        Assert.IsTrue(Meet(101));
    }

    private static bool Meet(PodSelection one, PodSelection other, Rule rule, Rule otherRule) =>
        PriorityConflicts.CanConflict(Admin("one", 1, one, ingress: [rule]), Admin("other", 1, other, ingress: [otherRule]));

    private static ClusterSnapshot Alone(ClusterSnapshot cluster, Policy policy) =>
        ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, [policy with { IsAudited = false }]);
}
