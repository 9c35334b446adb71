using System.Text.Json.Serialization;
using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Rules;

/// <summary>The rule sets of nodes.</summary>
internal sealed record RuleSetDocument(IReadOnlyList<NodeRuleSetJson> Items) : ListDocument<NodeRuleSetJson>("NodeRuleSetList", RuleSetSerializers.Default)
{
    public static RuleSetDocument Create(IEnumerable<NodeRuleSet> ruleSets) => new([.. ruleSets.Select(NodeRuleSetJson.Create)]);
}

/// <summary>The rule set of one node.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="NodeAddresses">The node's addresses.</param>
/// <param name="Decisions">The decisions that port policies refer to by id.</param>
/// <param name="PortPolicies">The port policies that entries refer to by id.</param>
/// <param name="PodEgress">The rules for connections that pods of the node open.</param>
/// <param name="PodIngress">The rules for connections to pods of the node.</param>
/// <param name="PodToHost">The rules for connections of pods to their own node.</param>
internal sealed record NodeRuleSetJson(
    string Node,
    IReadOnlyList<string> NodeAddresses,
    IReadOnlyList<RuleSetDecisionJson> Decisions,
    IReadOnlyList<PortPolicyJson> PortPolicies,
    EnforcementRulesJson PodEgress,
    EnforcementRulesJson PodIngress,
    EnforcementRulesJson PodToHost)
{
    public static NodeRuleSetJson Create(NodeRuleSet rules) => new(
        rules.Node,
        [.. rules.NodeAddresses.Select(a => a.ToString())],
        [.. rules.Decisions.Select(RuleSetDecisionJson.Create)],
        [.. rules.PortPolicies.Select(PortPolicyJson.Create)],
        EnforcementRulesJson.Create(rules.PodEgress),
        EnforcementRulesJson.Create(rules.PodIngress),
        EnforcementRulesJson.Create(rules.PodToHost));
}

/// <summary>A decision with its id.</summary>
internal sealed record RuleSetDecisionJson(
    string Id,
    Direction Direction,
    Verdict Verdict,
    string Tier,
    string? Kind,
    string? Policy,
    int? Rule,
    string? RuleName,
    IReadOnlyList<string> IsolatedBy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DecisionJson? Audit,
    bool Logged)
{
    public static RuleSetDecisionJson Create(Decision decision)
    {
        var (verdict, tier, kind, policy, rule, ruleName, isolatedBy, audit) = DecisionJson.Create(decision);
        return new(decision.Id.ToString(), decision.Direction, verdict, tier, kind, policy, rule, ruleName, isolatedBy, audit, decision.IsLogged);
    }
}

/// <summary>The decision for each port, and the default for all other traffic.</summary>
internal sealed record PortPolicyJson(string Id, IReadOnlyList<PortDecisionJson> Ports, string Default)
{
    public static PortPolicyJson Create(PortPolicy portPolicy) => new(
        portPolicy.Id.ToString(),
        [.. portPolicy.Entries.Select(c => new PortDecisionJson(c.Protocol.Name(), c.Ports.First, c.Ports.Last, c.Decision.ToString()))],
        portPolicy.Default.ToString());
}

/// <summary>The decision for ports from the first to the last, both included.</summary>
internal sealed record PortDecisionJson(string Protocol, int First, int Last, string Decision);

/// <summary>The rules of one enforcement point.</summary>
/// <param name="Default">The port policy of a subject for peers without an entry.</param>
/// <param name="Self">The port policy of a subject for connections to itself.</param>
/// <param name="Peers">The identity of peers by address.</param>
/// <param name="Networks">The identity of peers by range.</param>
/// <param name="Entries">The port policy of a subject for peers of an identity.</param>
internal sealed record EnforcementRulesJson(
    IReadOnlyList<SubjectJson> Default,
    IReadOnlyList<SubjectJson> Self,
    IReadOnlyList<PeerAddressJson> Peers,
    IReadOnlyList<PeerRangeJson> Networks,
    IReadOnlyList<PolicyEntryJson> Entries)
{
    public static EnforcementRulesJson Create(EnforcementRules rules) => new(
        [.. rules.Defaults.Select(r => new SubjectJson(r.Subject.ToString(), r.PortPolicy.ToString()))],
        [.. rules.Self.Select(r => new SubjectJson(r.Subject.ToString(), r.PortPolicy.ToString()))],
        [.. rules.Peers.Select(p => new PeerAddressJson(p.Address.ToString(), p.Identity.ToString()))],
        [.. rules.Networks.Select(n => new PeerRangeJson(n.Range.ToString(), n.Identity.ToString()))],
        [.. rules.PolicyEntries.Select(c => new PolicyEntryJson(c.Identity.ToString(), c.Subject.ToString(), c.PortPolicy.ToString()))]);
}

/// <summary>A subject and its port policy.</summary>
internal sealed record SubjectJson(string Subject, string PortPolicy);

/// <summary>An address and its peer identity.</summary>
internal sealed record PeerAddressJson(string Address, string Identity);

/// <summary>A range of addresses and its peer identity.</summary>
internal sealed record PeerRangeJson(string Range, string Identity);

/// <summary>The port policy of a subject for peers of an identity.</summary>
internal sealed record PolicyEntryJson(string Identity, string Subject, string PortPolicy);

[JsonSerializable(typeof(RuleSetDocument))]
internal sealed partial class RuleSetSerializers : JsonSerializerContext;
