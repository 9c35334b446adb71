using NetPol.Controller.Status;
using NetPol.Kubernetes.Watch;
using NetPol.Model.Policies;
using NetPol.Protocol.Status;
using NetPol.Testing.Clusters;

namespace NetPol.Controller.Tests.Status;

[TestClass, TestCategory("Unit")]
public sealed class IsolationMessagesTests
{
    private static readonly Policy Admin = Make.Admin("lock", 1, Make.InNamespaces(), ingress: [Make.Deny(Make.Pods())]);
    private static readonly Policy Np = Make.NetworkPolicy("shop/db", ingress: []);

    [TestMethod]
    public void What_cannot_be_compiled_goes_before_what_a_node_cannot_load()
    {
        var isolation = new PolicyIsolation(IsolationDegree.DeniesEveryPeer, "it cannot be compiled: no");
        var texts = IsolationMessages.Create([Watched(Admin), Watched(Np)], new Dictionary<PolicyId, PolicyIsolation> { [Admin.Id] = isolation }, [Report("n2", Admin), Report("n1", Np), Report("n3", Np)]);
        Assert.AreEqual(
            "it cannot be compiled: no. It allows nothing, and its Deny and Pass rules deny every peer of its pods until the policy changes; rewrite the policy", texts[Admin.Id]);
        Assert.AreEqual("on n1, n3: the kernel refuses it", texts[Np.Id]);
    }

    [TestMethod]
    public void An_isolated_policy_has_a_condition()
    {
        var condition = PolicyConditions.Create(Watched(Admin), [], 1, 1, "on n1: the kernel refuses it").Single(c => c.Type == "Isolated");
        Assert.AreEqual((true, "CannotBeEnforced", "on n1: the kernel refuses it"), (condition.Status, condition.Reason, condition.Message));
        Assert.IsFalse(PolicyConditions.Create(Watched(Admin), [], 1, 1).Any(c => c.Type == "Isolated"));
    }

    private static WatchedPolicy Watched(Policy policy) => new(policy, "uid", 1, []);

    private static ReplicaReport Report(string node, Policy policy) => ReplicaReport.Read(new ReplicaReport(
        DateTimeOffset.UnixEpoch, false, 1,
        [new(node, "agent", DateTimeOffset.UnixEpoch, 1, true, null, null, null, null, null) { Isolated = new Dictionary<string, string>(StringComparer.Ordinal) { [policy.Id.ToString()] = "the kernel refuses it" } }],
        [], [], 0, 0).Write())!;
}
