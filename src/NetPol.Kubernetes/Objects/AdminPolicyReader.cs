using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects;

/// <summary>
/// Reads AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy. It fails closed, and closes no more than the policy could
/// mean. With a faulty subject it applies to all pods that could be intended; with a faulty subject, tier or priority its Deny rules stay, its Pass
/// rules deny the same peers and ports, and its Allow rules match nothing. A field of <c>spec</c> that is not known changes nothing.
/// </summary>
internal sealed class AdminPolicyReader(AdminPolicySchema schema) : IObjectReader<Policy>
{
    private const string BaselineName = "default";
    private const int MaxPriority = 1000;

    public ResourceType Type => schema.Type;

    /// <summary>Null for a BaselineAdminNetworkPolicy that is not named <c>default</c>, which is an error.</summary>
    public Policy? Read(ObjectHeader header)
    {
        header.Body.Ignore("status");
        var id = new PolicyId(schema.Kind, "", header.Name);
        var spec = header.Body.Required("spec", "write spec with subject and rules")?.Object();
        header.Body.ReportUnknown();
        // Of a key that is defined twice either value may be intended.
        var readable = spec is { IsAmbiguous: false } && !header.Body.IsAmbiguous;
        var policy = AnnotationReader.Read(header, readable ? Read(id, spec!) : DenyAll(id));
        if (schema.Kind != PolicyKind.BaselineAdminNetworkPolicy || header.Name is BaselineName)
            return policy;
        header.Body.Self.Error("no-effect", $"only the BaselineAdminNetworkPolicy named {BaselineName} takes effect: use that name");
        return null;
    }

    /// <summary>Returns the replacement for an unreadable policy. It denies everything to every pod, since the policy could have done so.</summary>
    private static Policy DenyAll(PolicyId id) => new(
        id, id.Kind == PolicyKind.BaselineAdminNetworkPolicy ? Tier.Baseline : Tier.Admin, 0, PodSelection.InNamespaces(LabelSelector.Everything),
        ValueArray.Create([AdminRuleReader.DenyAll(0, "faulty policy")]), ValueArray.Create([AdminRuleReader.DenyAll(0, "faulty policy")]));

    private Policy Read(PolicyId id, ObjectNode spec)
    {
        var faults = spec.Report.FaultCount;
        var tier = ReadTier(spec);
        var priority = schema.Kind == PolicyKind.BaselineAdminNetworkPolicy
            ? 0
            : spec.Required("priority", $"write a number from 0, which decides first, to {MaxPriority}")?.Integer(0, MaxPriority);
        var subject = spec.Required("subject", "write namespaces: {} for all pods") is { } field
            ? AdminPeerReader.ReadSubject(field, schema) : PodSelection.InNamespaces(LabelSelector.Everything);
        var sound = spec.Report.FaultCount == faults;
        var (ingress, egress) = (spec["ingress"], spec["egress"]);
        spec.ReportUnknown();
        return new(
            id, tier, priority ?? 0, subject, ReadRules(ingress, Direction.Ingress, sound), ReadRules(egress, Direction.Egress, sound));
    }

    private Tier ReadTier(ObjectNode spec)
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

    private ValueArray<Rule>? ReadRules(Field? field, Direction direction, bool sound)
    {
        if (field is null)
            return null;
        if (field.Value.Items() is not { } items)
            return ValueArray.Create([AdminRuleReader.DenyAll(0, "faulty rules")]);
        ListLimits.Check(field.Value, items.Count, schema.MaxRules, least: 0);
        return items
            .Select((item, index) => AdminRuleReader.Read(item, index, direction, schema))
            .Select(r => sound ? r : FailClosed(r))
            .ToValueArray();
    }

    /// <summary>Returns the rule that fails closed, for a policy whose priority, tier or subject is faulty: an Allow matches no pod, and a Pass denies.</summary>
    private static Rule FailClosed(Rule rule) => rule.Action == RuleAction.Allow
        ? rule with { Peers = [.. rule.Peers, new Peer.Unknown("faulty policy")] }
        : rule with { Action = RuleAction.Deny };
}

/// <summary>Where the three admin kinds differ from each other.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Type">Its resource type.</param>
/// <param name="AllowAction">The word for <see cref="RuleAction.Allow"/>.</param>
/// <param name="HasPass">Whether a rule may pass.</param>
/// <param name="HasDomainNames">Whether an egress peer may be <c>domainNames</c>.</param>
/// <param name="NeedsNamespaces">Whether <c>pods</c> needs a <c>namespaceSelector</c>; otherwise a missing one selects all namespaces.</param>
/// <param name="MaxRules">Rules per direction.</param>
/// <param name="MaxItems">Peers per rule, and entries of <paramref name="PortsField"/>.</param>
/// <param name="PortsField">The field of a rule that holds its ports.</param>
/// <param name="ReadPort">Reads one of its entries, given the action of the rule; null for an entry that matches nothing.</param>
internal sealed record AdminPolicySchema(
    PolicyKind Kind, ResourceType Type, string AllowAction, bool HasPass, bool HasDomainNames, bool NeedsNamespaces, int MaxRules, int MaxItems, string PortsField,
    Func<Field, RuleAction, PortMatch?> ReadPort)
{
    private const string Group = "policy.networking.k8s.io";

    public static AdminPolicySchema Admin { get; } =
        new(PolicyKind.AdminNetworkPolicy, new("AdminNetworkPolicy", $"{Group}/v1alpha1", IsNamespaced: false), "Allow", HasPass: true, HasDomainNames: true, NeedsNamespaces: true, 100, 100, "ports", AdminPortReader.ReadV1Alpha1);

    public static AdminPolicySchema Baseline { get; } =
        new(PolicyKind.BaselineAdminNetworkPolicy, new("BaselineAdminNetworkPolicy", $"{Group}/v1alpha1", IsNamespaced: false), "Allow", HasPass: false, HasDomainNames: false, NeedsNamespaces: true, 100, 100, "ports", AdminPortReader.ReadV1Alpha1);

    public static AdminPolicySchema Cluster { get; } =
        new(PolicyKind.ClusterNetworkPolicy, new("ClusterNetworkPolicy", $"{Group}/v1beta1", IsNamespaced: false) { OlderVersion = "v1alpha2" }, "Accept", HasPass: true, HasDomainNames: true, NeedsNamespaces: false, 25, 25, "protocols", AdminPortReader.ReadCluster);

    public string Actions => HasPass ? $"{AllowAction}, Deny or Pass" : $"{AllowAction} or Deny";
}

/// <summary>
/// A rule of the admin kinds. It fails closed: with a fault in its action it denies, with one in a peer or a port it allows and passes nothing
/// and denies what it could mean at most.
/// </summary>
internal static class AdminRuleReader
{
    private const int MaxNameLength = 100;

    public static Rule Read(Field item, int index, Direction direction, AdminPolicySchema schema)
    {
        if (item.Object() is not { } fields)
            return DenyAll(index, "faulty rule");
        var name = fields["name"] is { } nameField ? ReadName(nameField) : null;
        var action = ReadAction(fields, schema);
        var faults = item.Report.FaultCount;
        var peersField = fields.Required(direction == Direction.Ingress ? "from" : "to", "write whom the rule is about");
        var portsField = fields[schema.PortsField];
        var sound = fields.RejectUnknown() && item.Report.FaultCount == faults && !fields.IsAmbiguous;

        faults = item.Report.FaultCount;
        var peers = ReadPeers(peersField, direction, action, schema);
        var ports = portsField is { } field ? ReadPorts(field, action, schema) : default(ValueArray<PortMatch>?);
        // The faulty part is wider than what was written, so it must not lead past the rules that follow.
        if (item.Report.FaultCount > faults && action == RuleAction.Pass)
            action = RuleAction.Deny;
        if (direction == Direction.Egress && ports is { } some && some.Any(p => p is PortMatch.Named) && !peers.All(p => p is Peer.Pods))
        {
            portsField!.Value.Error("named-port", "a named port belongs to pods, so it cannot be combined with nodes, networks or domainNames: write the number, or a separate rule");
            ports = some.Select(p => p is PortMatch.Named ? new PortMatch.Unknown("named port beside addresses") : p).ToValueArray();
        }
        return sound
            ? new(index, name, action, peers, ports)
            : new(index, name, action, [.. peers, new Peer.Unknown("faulty rule")], [.. ports ?? default, new PortMatch.Unknown("faulty rule")]);
    }

    /// <summary>Returns the rule that replaces unreadable rules: it denies all peers.</summary>
    public static Rule DenyAll(int index, string reason) => new(index, null, RuleAction.Deny, [new Peer.Unknown(reason)], null);

    private static string? ReadName(Field field)
    {
        var name = field.Text();
        if (name?.Length > MaxNameLength)
            field.HarmlessError("invalid-name", $"it has {name.Length} characters: a rule's name has {MaxNameLength} at most");
        return string.IsNullOrEmpty(name) ? null : name;
    }

    private static RuleAction ReadAction(ObjectNode fields, AdminPolicySchema schema)
    {
        var field = fields.Required("action", $"write {schema.Actions}");
        var text = field?.Text();
        if (string.Equals(text, schema.AllowAction, StringComparison.Ordinal))
            return RuleAction.Allow;
        if (text is "Pass" && schema.HasPass)
            return RuleAction.Pass;
        if (text is not null and not "Deny")
            field!.Value.Error("invalid-value", $"{ScalarNode.Quote(text)} is not an action of {schema.Kind}: write {schema.Actions}");
        return RuleAction.Deny;
    }

    private static ValueArray<Peer> ReadPeers(Field? field, Direction direction, RuleAction action, AdminPolicySchema schema)
    {
        if (field?.Items() is not { } items)
            return [new Peer.Unknown("faulty peers")];
        ListLimits.Check(field.Value, items.Count, schema.MaxItems);
        return items.Count == 0
            ? [new Peer.Unknown("no peers")]
            : items.SelectMany(i => AdminPeerReader.Read(i, direction, action, schema)).ToValueArray();
    }

    private static ValueArray<PortMatch> ReadPorts(Field field, RuleAction action, AdminPolicySchema schema)
    {
        if (field.Items() is not { } items)
            return [new PortMatch.Unknown("faulty ports")];
        ListLimits.Check(field, items.Count, schema.MaxItems);
        return items.Count == 0 ? [new PortMatch.Unknown("no ports")] : items.Select(i => schema.ReadPort(i, action)).OfType<PortMatch>().ToValueArray();
    }
}
