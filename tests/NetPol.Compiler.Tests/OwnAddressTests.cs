using NetPol.Compiler.Analysis.Explain;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Clusters;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests;

/// <summary>A connection to the pod's own address stays in the pod. Through a Service it leaves the pod and is evaluated.</summary>
[TestClass]
public sealed class OwnAddressTests
{
    private static readonly Policy[] Closed =
    [
        NetworkPolicy("a/closed", ingress: [], egress: []),
        Admin("alone", 1, InNamespaces(), ingress: [Deny(Pods())], egress: [Deny(Pods())]),
    ];

    [TestMethod]
    [DataRow("10.0.0.1")]
    [DataRow("fd00::1")]
    public void No_policy_applies_to_the_pods_own_address(string address)
    {
        var cluster = Cluster().WithPolicies(Closed);
        var connection = cluster.Connection(address, address, "80/TCP");

        Assert.AreEqual("allow by default", new EvaluatedTestCluster(cluster).Verdict(connection).Ingress.ToString());
        var explanation = new Explainer(cluster.Snapshot).Explain(connection);
        Assert.AreEqual((PolicyScope.OwnAddress, PolicyScope.OwnAddress), (explanation.Egress.PolicyScope, explanation.Ingress.PolicyScope));
        Assert.IsTrue(explanation.Egress.Tiers.IsEmpty && explanation.Ingress.Tiers.IsEmpty);
    }

    [TestMethod]
    [DataRow("10.0.0.1")]
    [DataRow("fd00::1")]
    public void Admin_and_Baseline_apply_through_a_Service(string address)
    {
        var closed = Cluster().WithPolicies(Closed);
        var isolated = Cluster().WithPolicies(Closed[0]);
        var baseline = Cluster().WithPolicies(Baseline(InNamespaces(), egress: [Deny(Pods())]));

        Assert.AreEqual("deny by AdminNetworkPolicy alone rule 0", Evaluate(closed).Ingress.ToString());
        Assert.AreEqual(Verdict.Allow, Evaluate(isolated).Verdict);
        Assert.AreEqual("deny by BaselineAdminNetworkPolicy default rule 0", Evaluate(baseline).Egress.ToString());

        ConnectionVerdict Evaluate(TestCluster cluster) => new EvaluatedTestCluster(cluster).Verdict(cluster.Connection(address, address, "80/TCP") with { IsThroughService = true });
    }

    private static TestCluster Cluster() => new TestCluster().Pod("a/one", "10.0.0.1,fd00::1");
}
