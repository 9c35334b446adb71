using NetPol.Compiler.Explaining;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Testing;
using static NetPol.Testing.Make;

namespace NetPol.Compiler.Tests;

/// <summary>A pod's connection to its own address stays in the pod; through a Service it comes back to the pod and is judged.</summary>
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
    public void No_policy_judges_a_connection_to_the_own_address(string address)
    {
        var world = World().With(Closed);
        var connection = world.Connection(address, address, "80/TCP");

        Assert.AreEqual("allow by default", new Judged(world).Verdict(connection).Ingress.ToString());
        var explanation = new Explainer(world.Snapshot).Explain(connection);
        Assert.AreEqual((Judgement.OwnAddress, Judgement.OwnAddress), (explanation.Egress.Judgement, explanation.Ingress.Judgement));
        Assert.IsTrue(explanation.Egress.Tiers.IsEmpty && explanation.Ingress.Tiers.IsEmpty);
    }

    [TestMethod]
    [DataRow("10.0.0.1")]
    [DataRow("fd00::1")]
    public void Through_a_Service_Admin_and_Baseline_judge_it(string address)
    {
        var closed = World().With(Closed);
        var isolated = World().With(Closed[0]);
        var baseline = World().With(Baseline(InNamespaces(), egress: [Deny(Pods())]));

        Assert.AreEqual("deny by AdminNetworkPolicy alone rule 0", Judge(closed).Ingress.ToString());
        Assert.AreEqual(Verdict.Allow, Judge(isolated).Verdict);
        Assert.AreEqual("deny by BaselineAdminNetworkPolicy default rule 0", Judge(baseline).Egress.ToString());

        ConnectionVerdict Judge(World world) => new Judged(world).Verdict(world.Connection(address, address, "80/TCP") with { IsThroughService = true });
    }

    private static World World() => new World().Pod("a/one", "10.0.0.1,fd00::1");
}
