using NetPol.Controller.Status;
using NetPol.Kubernetes.Watch;
using NetPol.Model;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Controller.Tests.Status;

[TestClass, TestCategory("Unit")]
public sealed class PolicyConditionsTests
{
    [TestMethod]
    public void A_sound_policy_is_accepted_and_programmed_when_every_node_has_it()
    {
        var policy = Watched(PolicyKind.AdminNetworkPolicy, "a", 10);
        Assert.AreEqual("Accepted True Accepted, Programmed True Programmed", Reported(policy, [policy], 3, 3));
        Assert.AreEqual("Accepted True Accepted, Programmed False Pending", Reported(policy, [policy], 2, 3));
        Assert.AreEqual("programmed on 2 of 3 nodes at generation 7", PolicyConditions.Create(policy, [policy], 2, 3)[1].Message);
    }

    [TestMethod]
    public void A_fault_is_reported_with_its_field()
    {
        var policy = Watched(PolicyKind.AdminNetworkPolicy, "a", 10, Fault(Severity.Error));
        Assert.AreEqual("Accepted False Invalid, Programmed True Programmed", Reported(policy, [policy], 1, 1));
        Assert.Contains("spec.ingress[0].from[0]: not known", PolicyConditions.Create(policy, [policy], 1, 1)[0].Message);
    }

    [TestMethod]
    public void A_policy_that_cannot_be_read_is_programmed_nowhere_and_ties_with_none()
    {
        var sound = With(Allow(Pods()), Watched(PolicyKind.ClusterNetworkPolicy, "b", 10));
        var fault = new Diagnostic("unreadable-object", Severity.Error, null, "AdminNetworkPolicy a", "", "it cannot be read: a test");
        var policy = With(Deny(Pods()), Watched(PolicyKind.AdminNetworkPolicy, "a", 10, fault)) with { IsEnforced = false };
        Assert.AreEqual("Accepted False Unreadable, Programmed False NotEnforced", Reported(policy, [policy, sound], 3, 3));
        Assert.AreEqual("it cannot be read: a test", PolicyConditions.Create(policy, [policy], 3, 3)[0].Message);
        Assert.AreEqual("Accepted True Accepted, Programmed True Programmed", Reported(sound, [policy, sound], 3, 3));
    }

    [TestMethod]
    public void A_warning_leaves_the_policy_accepted()
    {
        var policy = Watched(PolicyKind.ClusterNetworkPolicy, "a", 10, Fault(Severity.Warning));
        Assert.AreEqual("Accepted True AcceptedWithWarnings, Programmed True Programmed", Reported(policy, [policy], 1, 1));
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
        var tie = PolicyConditions.Create(all[0], all, 1, 1)[2];
        Assert.AreEqual("PriorityConflict", tie.Type);
        Assert.Contains("ClusterNetworkPolicy b", tie.Message);
        Assert.DoesNotContain("AdminNetworkPolicy c", tie.Message);
        Assert.DoesNotContain("ClusterNetworkPolicy d", tie.Message);
        Assert.HasCount(2, PolicyConditions.Create(all[2], all, 1, 1));
        Assert.HasCount(2, PolicyConditions.Create(all[3], all, 1, 1));
    }

    [TestMethod]
    public void A_thousand_faults_still_make_a_message_that_the_api_takes()
    {
        var policy = Watched(PolicyKind.AdminNetworkPolicy, "a", 10, [.. Enumerable.Repeat(Fault(Severity.Error), 1000)]);
        Assert.IsLessThan(32_768, PolicyConditions.Create(policy, [policy], 1, 1)[0].Message.Length);
    }

    private static Diagnostic Fault(Severity severity) => new("unknown-peer", severity, new("cluster", 0), "AdminNetworkPolicy a", "spec.ingress[0].from[0]", "not known");

    private static WatchedPolicy Watched(PolicyKind kind, string name, int priority, params Diagnostic[] diagnostics) => new(
        new(new(kind, "", name), kind == PolicyKind.BaselineAdminNetworkPolicy ? Tier.Baseline : Tier.Admin, priority,
            PodSelection.InNamespace("shop", LabelSelector.Everything), ValueArray.Create<Rule>([]), null),
        name, 7, diagnostics.ToValueArray());

    private static WatchedPolicy With(Rule rule, WatchedPolicy watched) => watched with { Policy = watched.Policy with { Ingress = ValueArray.Create<Rule>([rule]) } };

    private static string Reported(WatchedPolicy policy, IEnumerable<WatchedPolicy> all, int programmed, int nodes) =>
        string.Join(", ", PolicyConditions.Create(policy, all, programmed, nodes).Select(c => $"{c.Type} {c.Status} {c.Reason}"));
}
