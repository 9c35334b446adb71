using NetPol.Controller.Status;
using NetPol.Kubernetes.Watching;
using NetPol.Model;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;
using static NetPol.Testing.Make;

namespace NetPol.Controller.Tests.Status;

[TestClass, TestCategory("Unit")]
public sealed class PolicyConditionsTests
{
    [TestMethod]
    public void A_sound_policy_is_accepted_and_in_force_when_every_node_has_it()
    {
        var policy = Watched(PolicyKind.AdminNetworkPolicy, "a", 10);
        Assert.AreEqual("Accepted True Accepted, InForce True InForce", Told(policy, [policy], 3, 3));
        Assert.AreEqual("Accepted True Accepted, InForce False Pending", Told(policy, [policy], 2, 3));
        Assert.AreEqual("in force on 2 of 3 nodes at generation 7", PolicyConditions.Of(policy, [policy], 2, 3)[1].Message);
    }

    [TestMethod]
    public void A_fault_is_told_with_its_field()
    {
        var policy = Watched(PolicyKind.AdminNetworkPolicy, "a", 10, Fault(Severity.Error));
        Assert.AreEqual("Accepted False Invalid, InForce True InForce", Told(policy, [policy], 1, 1));
        Assert.Contains("spec.ingress[0].from[0]: not known", PolicyConditions.Of(policy, [policy], 1, 1)[0].Message);
    }

    [TestMethod]
    public void A_policy_that_cannot_be_read_is_in_force_nowhere_and_ties_with_none()
    {
        var sound = With(Allow(Pods()), Watched(PolicyKind.ClusterNetworkPolicy, "b", 10));
        var fault = new Diagnostic("unreadable-object", Severity.Error, null, "AdminNetworkPolicy a", "", "it cannot be read: a test");
        var policy = With(Deny(Pods()), Watched(PolicyKind.AdminNetworkPolicy, "a", 10, fault)) with { IsEnforced = false };
        Assert.AreEqual("Accepted False Unreadable, InForce False NotEnforced", Told(policy, [policy, sound], 3, 3));
        Assert.AreEqual("it cannot be read: a test", PolicyConditions.Of(policy, [policy], 3, 3)[0].Message);
        Assert.AreEqual("Accepted True Accepted, InForce True InForce", Told(sound, [policy, sound], 3, 3));
    }

    [TestMethod]
    public void A_warning_leaves_the_policy_accepted()
    {
        var policy = Watched(PolicyKind.ClusterNetworkPolicy, "a", 10, Fault(Severity.Warning));
        Assert.AreEqual("Accepted True AcceptedWithWarnings, InForce True InForce", Told(policy, [policy], 1, 1));
    }

    [TestMethod]
    public void Policies_of_one_priority_in_one_tier_that_can_meet_name_each_other()
    {
        WatchedPolicy[] all =
        [
            With(Deny(Pods()), Watched(PolicyKind.AdminNetworkPolicy, "a", 10)), With(Allow(Pods()), Watched(PolicyKind.ClusterNetworkPolicy, "b", 10)),
            With(Allow(Pods()), Watched(PolicyKind.AdminNetworkPolicy, "c", 11)), With(Allow(Pods()), Watched(PolicyKind.BaselineAdminNetworkPolicy, "default", 10)),
            With(Deny(Pods()), Watched(PolicyKind.ClusterNetworkPolicy, "d", 10)),
        ];
        var tie = PolicyConditions.Of(all[0], all, 1, 1)[2];
        Assert.AreEqual("PriorityTie", tie.Type);
        Assert.Contains("ClusterNetworkPolicy b", tie.Message);
        Assert.DoesNotContain("AdminNetworkPolicy c", tie.Message);
        Assert.DoesNotContain("ClusterNetworkPolicy d", tie.Message);
        Assert.HasCount(2, PolicyConditions.Of(all[2], all, 1, 1));
        Assert.HasCount(2, PolicyConditions.Of(all[3], all, 1, 1));
    }

    [TestMethod]
    public void A_thousand_faults_still_make_a_message_that_the_api_takes()
    {
        var policy = Watched(PolicyKind.AdminNetworkPolicy, "a", 10, [.. Enumerable.Repeat(Fault(Severity.Error), 1000)]);
        Assert.IsLessThan(32_768, PolicyConditions.Of(policy, [policy], 1, 1)[0].Message.Length);
    }

    private static Diagnostic Fault(Severity severity) => new("unknown-peer", severity, new("cluster", 0), "AdminNetworkPolicy a", "spec.ingress[0].from[0]", "not known");

    private static WatchedPolicy Watched(PolicyKind kind, string name, int priority, params Diagnostic[] diagnostics) => new(
        new(new(kind, "", name), kind == PolicyKind.BaselineAdminNetworkPolicy ? Tier.Baseline : Tier.Admin, priority,
            PodSelection.InNamespace("shop", LabelSelector.Everything), ValueArray.Create<Rule>([]), null),
        name, 7, diagnostics.ToValueArray());

    private static WatchedPolicy With(Rule rule, WatchedPolicy watched) => watched with { Policy = watched.Policy with { Ingress = ValueArray.Create<Rule>([rule]) } };

    private static string Told(WatchedPolicy policy, IEnumerable<WatchedPolicy> all, int inForce, int nodes) =>
        string.Join(", ", PolicyConditions.Of(policy, all, inForce, nodes).Select(c => $"{c.Type} {c.Status} {c.Reason}"));
}
