using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Model.Tests.RuleSets;

[TestClass]
public sealed class RuleSetEvaluatorTests
{
    private static readonly IpAddress Subject = IpAddress.Parse("10.0.0.1");
    private static readonly IpAddress OwnNode = IpAddress.Parse("192.168.0.1");
    private static readonly PeerIdentity PodClass = new(1);
    private static readonly PeerIdentity NetworkClass = new(2);

    [TestMethod]
    public void An_address_that_is_no_subject_is_allowed_by_default()
    {
        var evaluator = new RuleSetEvaluator(SmallRuleSet.Build());
        Assert.AreEqual(Decision.ByDefault(Direction.Egress), evaluator.EvaluatePodEgress(To("10.9.9.9", "10.0.0.1")));
        Assert.AreEqual(Decision.ByDefault(Direction.Ingress), evaluator.EvaluatePodIngress(To("10.0.0.1", "10.9.9.9")));
    }

    [TestMethod]
    [DataRow("10.0.0.2", "peer", DisplayName = "a listed address goes before the interval that holds it")]
    [DataRow("10.0.0.3", "network", DisplayName = "the last address of an interval is in it")]
    [DataRow("10.0.0.4", "rest", DisplayName = "an address in no class is the rest")]
    [DataRow("10.0.0.1", "self", DisplayName = "the subject's own address is evaluated as self")]
    public void Peer_identity_selects_the_policy_entry(string peer, string rule)
    {
        var evaluator = new RuleSetEvaluator(SmallRuleSet.Build());
        Assert.AreEqual(rule, evaluator.EvaluatePodIngress(To(peer, "10.0.0.1")).RuleName);
    }

    [TestMethod]
    public void Traffic_from_the_own_node_is_not_evaluated()
    {
        var evaluator = new RuleSetEvaluator(SmallRuleSet.Build());
        Assert.AreEqual(Tier.Default, evaluator.EvaluatePodIngress(new(OwnNode, Subject, Protocol.Tcp, 80)).Tier);
    }

    [TestMethod]
    public void Traffic_to_the_own_node_uses_PodToHost()
    {
        var evaluator = new RuleSetEvaluator(SmallRuleSet.Build());
        Assert.AreEqual("node", evaluator.EvaluatePodEgress(new(Subject, OwnNode, Protocol.Tcp, 80)).RuleName);
        Assert.AreEqual(Tier.Default, evaluator.EvaluatePodEgress(To("10.0.0.1", "10.0.0.2")).Tier);
    }

    [TestMethod]
    public void Both_sides_must_allow()
    {
        var allow = Decision.ByDefault(Direction.Egress);
        var deny = Decision.ByIsolation(Direction.Ingress, [new(PolicyKind.NetworkPolicy, "a", "b")]);
        Assert.AreEqual(Verdict.Deny, new ConnectionVerdict(allow, deny).Verdict);
        Assert.AreEqual(Verdict.Deny, new ConnectionVerdict(deny, allow).Verdict);
        Assert.AreEqual(Verdict.Allow, new ConnectionVerdict(allow, allow).Verdict);
    }

    private static Connection To(string source, string destination) =>
        new(IpAddress.Parse(source), IpAddress.Parse(destination), Protocol.Tcp, 80);

    /// <summary>One subject; a rule for each way in which it can be evaluated.</summary>
    private static class SmallRuleSet
    {
        public static NodeRuleSet Build()
        {
            var direct = new Dictionary<string, Decision>(StringComparer.Ordinal);
            foreach (var name in new[] { "peer", "network", "rest", "self", "node" })
                direct[name] = Named(name);
            var portPolicies = direct.ToDictionary(d => d.Key, d => new PortPolicy([], d.Value.Id), StringComparer.Ordinal);
            return NodeRuleSet.CreateEmpty("n") with
            {
                NodeAddresses = [OwnNode],
                Decisions = direct.Values.OrderBy(d => d.Id).ToValueArray(),
                PortPolicies = portPolicies.Values.OrderBy(p => p.Id).ToValueArray(),
                PodIngress = EnforcementRules.Empty with
                {
                    Defaults = [new(Subject, portPolicies["rest"].Id)],
                    Self = [new(Subject, portPolicies["self"].Id)],
                    Peers = [new(IpAddress.Parse("10.0.0.2"), PodClass)],
                    Networks = [new(new(IpAddress.Parse("10.0.0.0"), IpAddress.Parse("10.0.0.3")), NetworkClass)],
                    Identities = [PodClass, NetworkClass],
                    PolicyEntries = [new(PodClass, Subject, portPolicies["peer"].Id), new(NetworkClass, Subject, portPolicies["network"].Id)],
                },
                PodToHost = EnforcementRules.Empty with { Defaults = [new(Subject, portPolicies["node"].Id)] },
            };
        }

        private static Decision Named(string rule) => Decision.Restore(
            Direction.Ingress, Verdict.Allow, Tier.Admin, new(PolicyKind.ClusterNetworkPolicy, "", "p"), 0, rule, []);
    }
}
