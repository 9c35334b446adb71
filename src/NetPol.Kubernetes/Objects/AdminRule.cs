using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects;

/// <summary>
/// A rule of the admin kinds. It fails closed: with a fault in its action it denies, with one in a peer or a port it allows and passes nothing
/// and denies what it could mean at most.
/// </summary>
internal static class AdminRule
{
    private const int LongestName = 100;

    public static Rule Read(Field item, int index, Direction direction, AdminPolicySchema schema)
    {
        if (item.Object() is not { } fields)
            return DenyAll(index, "faulty rule");
        var name = fields["name"] is { } nameField ? Name(nameField) : null;
        var action = Action(fields, schema);
        var faults = item.Report.Faults;
        var peersField = fields.Required(direction == Direction.Ingress ? "from" : "to", "write whom the rule is about");
        var portsField = fields[schema.PortsField];
        var sound = fields.Close() && item.Report.Faults == faults && !fields.IsAmbiguous;

        faults = item.Report.Faults;
        var peers = Peers(peersField, direction, action, schema);
        var ports = portsField is { } field ? Ports(field, action, schema) : default(ValueArray<PortMatch>?);
        // The faulty part is wider than what was written, so it must not lead past the rules that follow.
        if (item.Report.Faults > faults && action == RuleAction.Pass)
            action = RuleAction.Deny;
        if (direction == Direction.Egress && ports is { } some && some.Any(p => p is PortMatch.Named) && !peers.All(p => p is Peer.Pods))
        {
            portsField!.Value.Error("named-port", "a named port is a pod's, so it cannot stand with nodes, networks or domainNames: write the number, or a rule of its own");
            ports = some.Select(p => p is PortMatch.Named ? new PortMatch.Unknown("named port beside addresses") : p).ToValueArray();
        }
        return sound
            ? new(index, name, action, peers, ports)
            : new(index, name, action, [.. peers, new Peer.Unknown("faulty rule")], [.. ports ?? default, new PortMatch.Unknown("faulty rule")]);
    }

    /// <summary>What stands for rules that could not be read.</summary>
    public static Rule DenyAll(int index, string reason) => new(index, null, RuleAction.Deny, [new Peer.Unknown(reason)], null);

    private static string? Name(Field field)
    {
        var name = field.Text();
        if (name?.Length > LongestName)
            field.HarmlessError("invalid-name", $"it has {name.Length} characters: a rule's name has {LongestName} at most");
        return string.IsNullOrEmpty(name) ? null : name;
    }

    private static RuleAction Action(Fields fields, AdminPolicySchema schema)
    {
        var field = fields.Required("action", $"write {schema.Actions}");
        var text = field?.Text();
        if (string.Equals(text, schema.Allow, StringComparison.Ordinal))
            return RuleAction.Allow;
        if (text is "Pass" && schema.HasPass)
            return RuleAction.Pass;
        if (text is not null and not "Deny")
            field!.Value.Error("invalid-value", $"{ScalarNode.Quote(text)} is not an action of {schema.Kind}: write {schema.Actions}");
        return RuleAction.Deny;
    }

    private static ValueArray<Peer> Peers(Field? field, Direction direction, RuleAction action, AdminPolicySchema schema)
    {
        if (field?.Items() is not { } items)
            return [new Peer.Unknown("faulty peers")];
        ListLimits.Check(field.Value, items.Count, schema.MostItems);
        return items.Count == 0
            ? [new Peer.Unknown("no peers")]
            : items.SelectMany(i => AdminPeer.Read(i, direction, action, schema)).ToValueArray();
    }

    private static ValueArray<PortMatch> Ports(Field field, RuleAction action, AdminPolicySchema schema)
    {
        if (field.Items() is not { } items)
            return [new PortMatch.Unknown("faulty ports")];
        ListLimits.Check(field, items.Count, schema.MostItems);
        return items.Count == 0 ? [new PortMatch.Unknown("no ports")] : items.Select(i => schema.ReadPort(i, action)).OfType<PortMatch>().ToValueArray();
    }
}
