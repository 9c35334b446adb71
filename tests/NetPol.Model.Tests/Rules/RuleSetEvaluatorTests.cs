using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Model.Tests.Rules;

[TestClass]
public sealed class RuleSetEvaluatorTests
{
    private static readonly IpAddress Subject = IpAddress.Parse("10.0.0.1");
    private static readonly IpAddress OwnNode = IpAddress.Parse("192.168.0.1");
    private static readonly ClassId PodClass = new(1);
    private static readonly ClassId NetworkClass = new(2);

    [TestMethod]
    public void An_address_that_is_no_subject_is_allowed_by_default()
    {
        var evaluator = new RuleSetEvaluator(SmallRuleSet.Build());
        Assert.AreEqual(Decision.ByDefault(Direction.Egress), evaluator.Egress(To("10.9.9.9", "10.0.0.1")));
        Assert.AreEqual(Decision.ByDefault(Direction.Ingress), evaluator.Ingress(To("10.0.0.1", "10.9.9.9")));
    }

    [TestMethod]
    [DataRow("10.0.0.2", "peer", DisplayName = "a listed address goes before the interval that holds it")]
    [DataRow("10.0.0.3", "network", DisplayName = "the last address of an interval is in it")]
    [DataRow("10.0.0.4", "rest", DisplayName = "an address in no class is the rest")]
    [DataRow("10.0.0.1", "self", DisplayName = "the subject's own address is judged as self")]
    public void The_peers_class_chooses_the_rule(string peer, string rule)
    {
        var evaluator = new RuleSetEvaluator(SmallRuleSet.Build());
        Assert.AreEqual(rule, evaluator.Ingress(To(peer, "10.0.0.1")).RuleName);
    }

    [TestMethod]
    public void What_comes_from_the_own_node_is_not_judged()
    {
        var evaluator = new RuleSetEvaluator(SmallRuleSet.Build());
        Assert.AreEqual(Tier.Default, evaluator.Ingress(new(OwnNode, Subject, Protocol.Tcp, 80)).Tier);
    }

    [TestMethod]
    public void What_goes_to_the_own_node_is_judged_by_its_own_hook()
    {
        var evaluator = new RuleSetEvaluator(SmallRuleSet.Build());
        Assert.AreEqual("node", evaluator.Egress(new(Subject, OwnNode, Protocol.Tcp, 80)).RuleName);
        Assert.AreEqual(Tier.Default, evaluator.Egress(To("10.0.0.1", "10.0.0.2")).Tier);
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

    /// <summary>One subject; a rule for each way in which it can be judged.</summary>
    private static class SmallRuleSet
    {
        public static NodeRuleSet Build()
        {
            var direct = new Dictionary<string, Decision>(StringComparer.Ordinal);
            foreach (var name in new[] { "peer", "network", "rest", "self", "node" })
                direct[name] = Named(name);
            var profiles = direct.ToDictionary(d => d.Key, d => new PortProfile([], d.Value.Id), StringComparer.Ordinal);
            return NodeRuleSet.EmptyFor("n") with
            {
                NodeAddresses = [OwnNode],
                Decisions = direct.Values.OrderBy(d => d.Id).ToValueArray(),
                Profiles = profiles.Values.OrderBy(p => p.Id).ToValueArray(),
                Ingress = HookRules.Empty with
                {
                    Rest = [new(Subject, profiles["rest"].Id)],
                    Self = [new(Subject, profiles["self"].Id)],
                    Peers = [new(IpAddress.Parse("10.0.0.2"), PodClass)],
                    Networks = [new(new(IpAddress.Parse("10.0.0.0"), IpAddress.Parse("10.0.0.3")), NetworkClass)],
                    Classes = [PodClass, NetworkClass],
                    Cells = [new(PodClass, Subject, profiles["peer"].Id), new(NetworkClass, Subject, profiles["network"].Id)],
                },
                EgressToNode = HookRules.Empty with { Rest = [new(Subject, profiles["node"].Id)] },
            };
        }

        private static Decision Named(string rule) => Decision.Restore(
            Direction.Ingress, Verdict.Allow, Tier.Admin, new(PolicyKind.ClusterNetworkPolicy, "", "p"), 0, rule, []);
    }
}
