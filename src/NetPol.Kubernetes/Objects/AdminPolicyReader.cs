using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects;

/// <summary>
/// Reads AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy. It fails closed, and closes no more than the policy could
/// mean. With a faulty subject it applies to all pods that could be meant; with a faulty subject, tier or priority its Deny rules stay, its Pass
/// rules deny the same peers and ports, and its Allow rules match nothing. A field of <c>spec</c> that is not known changes nothing.
/// </summary>
internal sealed class AdminPolicyReader(AdminPolicySchema schema) : IObjectReader<Policy>
{
    private const string OnlyBaselineName = "default";
    private const int LastPriority = 1000;

    public ResourceType Type => schema.Type;

    /// <summary>Null for a BaselineAdminNetworkPolicy that is not named <c>default</c>, which is an error.</summary>
    public Policy? Read(ObjectHeader header)
    {
        header.Body.Ignore("status");
        var id = new PolicyId(schema.Kind, "", header.Name);
        var spec = header.Body.Required("spec", "write spec with subject and rules")?.Object();
        header.Body.ReportUnknown();
        // Of a key that is there twice either value may be meant.
        var readable = spec is { IsAmbiguous: false } && !header.Body.IsAmbiguous;
        var policy = AnnotationReader.Read(header, readable ? Read(id, spec!) : DenyAll(id));
        if (schema.Kind != PolicyKind.BaselineAdminNetworkPolicy || header.Name is OnlyBaselineName)
            return policy;
        header.Body.Self.Error("no-effect", $"only the BaselineAdminNetworkPolicy named {OnlyBaselineName} counts: name this one so");
        return null;
    }

    /// <summary>Returns the replacement for an unreadable policy. It denies everything to every pod, since the policy could have done so.</summary>
    private static Policy DenyAll(PolicyId id) => new(
        id, id.Kind == PolicyKind.BaselineAdminNetworkPolicy ? Tier.Baseline : Tier.Admin, 0, PodSelection.InNamespaces(LabelSelector.Everything),
        ValueArray.Create([AdminRule.DenyAll(0, "faulty policy")]), ValueArray.Create([AdminRule.DenyAll(0, "faulty policy")]));

    private Policy Read(PolicyId id, Fields spec)
    {
        var faults = spec.Report.Faults;
        var tier = ReadTier(spec);
        var priority = schema.Kind == PolicyKind.BaselineAdminNetworkPolicy
            ? 0
            : spec.Required("priority", $"write a number from 0, which decides first, to {LastPriority}")?.Integer(0, LastPriority);
        var subject = spec.Required("subject", "write namespaces: {} for all pods") is { } field
            ? AdminPeer.Subject(field, schema) : PodSelection.InNamespaces(LabelSelector.Everything);
        var sound = spec.Report.Faults == faults;
        var (ingress, egress) = (spec["ingress"], spec["egress"]);
        spec.ReportUnknown();
        return new(
            id, tier, priority ?? 0, subject, Rules(ingress, Direction.Ingress, sound), Rules(egress, Direction.Egress, sound));
    }

    private Tier ReadTier(Fields spec)
    {
        if (schema.Kind != PolicyKind.ClusterNetworkPolicy)
            return schema.Kind == PolicyKind.AdminNetworkPolicy ? Tier.Admin : Tier.Baseline;
        var field = spec.Required("tier", "write Admin or Baseline");
        var text = field?.Text();
        if (text is "Baseline")
            return Tier.Baseline;
        if (text is not null and not "Admin")
            field!.Value.Error("invalid-value", $"{ScalarNode.Quote(text)} is not a tier: write Admin or Baseline");
        return Tier.Admin;
    }

    private ValueArray<Rule>? Rules(Field? field, Direction direction, bool sound)
    {
        if (field is null)
            return null;
        if (field.Value.Items() is not { } items)
            return ValueArray.Create([AdminRule.DenyAll(0, "faulty rules")]);
        ListLimits.Check(field.Value, items.Count, schema.MostRules, least: 0);
        return items
            .Select((item, index) => AdminRule.Read(item, index, direction, schema))
            .Select(r => sound ? r : Closed(r))
            .ToValueArray();
    }

    /// <summary>Returns the rule that fails closed, for a policy whose priority, tier or subject is faulty: an Allow matches no pod, and a Pass denies.</summary>
    private static Rule Closed(Rule rule) => rule.Action == RuleAction.Allow
        ? rule with { Peers = [.. rule.Peers, new Peer.Unknown("faulty policy")] }
        : rule with { Action = RuleAction.Deny };
}
