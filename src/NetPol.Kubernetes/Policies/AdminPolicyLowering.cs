using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Lowering;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Policies;

/// <summary>
/// Lowers AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy. It fails closed: with a faulty subject the policy
/// applies to every pod; with a faulty subject, tier, priority or an unknown field its Allow and Pass rules get an Unknown peer, so only
/// denials remain; and where an unknown field may have been meant to be a direction, the missing direction denies everything.
/// </summary>
internal static class AdminPolicyLowering
{
    private const string OnlyBaselineName = "default";
    private const int LastPriority = 1000;

    public static void Admin(ObjectHeader header, WrittenWorld world) => Lower(header, world, AdminDialect.Admin);

    public static void Baseline(ObjectHeader header, WrittenWorld world)
    {
        if (header.Name is OnlyBaselineName)
        {
            Lower(header, world, AdminDialect.Baseline);
            return;
        }
        Lower(header, new WrittenWorld(), AdminDialect.Baseline);
        header.Body.Self.Error("no-effect", $"only the BaselineAdminNetworkPolicy named {OnlyBaselineName} counts: name this one so");
    }

    public static void Cluster(ObjectHeader header, WrittenWorld world) => Lower(header, world, AdminDialect.Cluster);

    private static void Lower(ObjectHeader header, WrittenWorld world, AdminDialect dialect)
    {
        header.Body.Ignore("status");
        var id = new PolicyId(dialect.Kind, "", header.Name);
        var spec = header.Body.Required("spec", "write spec with subject and rules")?.Object();
        var sound = header.Body.Close() && !header.Body.IsAmbiguous;
        world.Policies.Add((header, AnnotationReader.Read(header, spec is null ? DenyAll(id) : Read(id, spec, dialect, sound))));
    }

    private static Policy DenyAll(PolicyId id) => new(
        id, id.Kind == PolicyKind.BaselineAdminNetworkPolicy ? Tier.Baseline : Tier.Admin, 0, PodSelection.InNamespaces(LabelSelector.Everything),
        ValueArray.Create([AdminRule.DenyAll(0, "faulty policy")]), ValueArray.Create([AdminRule.DenyAll(0, "faulty policy")]));

    private static Policy Read(PolicyId id, Fields spec, AdminDialect dialect, bool sound)
    {
        var faults = spec.Report.Faults;
        var tier = ReadTier(spec, dialect);
        var priority = dialect.Kind == PolicyKind.BaselineAdminNetworkPolicy
            ? 0
            : spec.Required("priority", $"write a number from 0, which decides first, to {LastPriority}")?.Integer(0, LastPriority);
        var subject = spec.Required("subject", "write namespaces: {} for all pods") is { } field ? AdminPeer.Subject(field) : null;
        var (ingress, egress) = (spec["ingress"], spec["egress"]);
        var complete = spec.Close() && !spec.IsAmbiguous;
        sound &= complete && spec.Report.Faults == faults;
        return new(
            id, tier, priority ?? 0, subject ?? PodSelection.InNamespaces(LabelSelector.Everything),
            Rules(ingress, Direction.Ingress, dialect, sound, complete), Rules(egress, Direction.Egress, dialect, sound, complete));
    }

    private static Tier ReadTier(Fields spec, AdminDialect dialect)
    {
        if (dialect.Kind != PolicyKind.ClusterNetworkPolicy)
            return dialect.Kind == PolicyKind.AdminNetworkPolicy ? Tier.Admin : Tier.Baseline;
        var field = spec.Required("tier", "write Admin or Baseline");
        var text = field?.Text();
        if (text is "Baseline")
            return Tier.Baseline;
        if (text is not null and not "Admin")
            field!.Value.Error("invalid-value", $"{ScalarNode.Quote(text)} is not a tier: write Admin or Baseline");
        return Tier.Admin;
    }

    private static ValueArray<Rule>? Rules(Field? field, Direction direction, AdminDialect dialect, bool sound, bool complete)
    {
        if (field is null)
            return complete ? null : ValueArray.Create([AdminRule.DenyAll(0, "faulty policy")]);
        if (field.Value.Items() is not { } items)
            return ValueArray.Create([AdminRule.DenyAll(0, "faulty rules")]);
        Limits.Check(field.Value, items.Count, dialect.MostRules, least: 0);
        return items
            .Select((item, index) => AdminRule.Read(item, index, direction, dialect))
            .Select(r => sound || r.Action == RuleAction.Deny ? r : r with { Peers = [.. r.Peers, new Peer.Unknown("faulty policy")] })
            .ToValueArray();
    }
}
