using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects;

/// <summary>An item of <c>from</c> or <c>to</c> of the admin kinds, and their <c>subject</c>.</summary>
internal static class AdminPeerReader
{
    private const string NewerApiCode = "unknown-peer";
    private const int MaxNetworks = 25;
    private const int MaxNetworkLength = 43;
    private static readonly string[] EgressOnly = ["nodes", "networks", "domainNames"];

    /// <summary>
    /// One peer per network, otherwise one. With a fault it is a single Unknown in a rule that allows; in another rule it is what the peer could
    /// mean at most, which is Unknown where that could be anything.
    /// </summary>
    public static IEnumerable<Peer> Read(Field item, Direction direction, RuleAction action, AdminPolicySchema schema)
    {
        var faults = item.Report.FaultCount;
        var peers = item.Object() is { } fields ? ReadPeers(fields, direction, action, schema) : null;
        return peers is not null && (action != RuleAction.Allow || item.Report.FaultCount == faults) ? peers : [new Peer.Unknown("faulty or unknown peer")];
    }

    /// <summary>The pods; with a fault all that could be intended.</summary>
    public static PodSelection ReadSubject(Field field, AdminPolicySchema schema)
    {
        var chosen = field.Object() is { } fields ? OneOfField.Read(fields, newerApi: null, "namespaces", "pods") : null;
        return chosen is { } form ? ReadSelection(form, schema) : PodSelection.InNamespaces(LabelSelector.Everything);
    }

    private static List<Peer>? ReadPeers(ObjectNode fields, Direction direction, RuleAction action, AdminPolicySchema schema)
    {
        if (direction == Direction.Ingress && ReportMisplaced(fields))
            return null;
        var chosen = direction == Direction.Ingress
            ? OneOfField.Read(fields, NewerApiCode, "namespaces", "pods")
            : OneOfField.Read(fields, NewerApiCode, "namespaces", "pods", "nodes", "networks", "domainNames");
        if (chosen is not { } field)
            return null;
        switch (field.Path.Name)
        {
            case "nodes":
                return [new Peer.Nodes(SelectorReader.Read(field))];
            case "networks":
                return ReadNetworks(field, schema);
            case "domainNames":
                return ReadDomainNames(field, action, schema) is { } names ? [names] : null;
            default:
                return [new Peer.Pods(ReadSelection(field, schema))];
        }
    }

    private static bool ReportMisplaced(ObjectNode fields)
    {
        var misplaced = EgressOnly.Select(name => fields[name]).FirstOrDefault(f => f is not null);
        misplaced?.Error("unknown-field", "it is valid in egress rules only: the peers of an ingress rule are namespaces or pods");
        return misplaced is not null;
    }

    /// <summary>The pods; with a fault all that could be intended.</summary>
    private static PodSelection ReadSelection(Field field, AdminPolicySchema schema)
    {
        if (field.Path.Name is "namespaces")
            return PodSelection.InNamespaces(SelectorReader.Read(field));
        if (field.Object() is not { } fields)
            return PodSelection.InNamespaces(LabelSelector.Everything);
        var namespaces = schema.NeedsNamespaces ? fields.Required("namespaceSelector", "write {} for every namespace") : fields["namespaceSelector"];
        var pods = fields.Required("podSelector", "write {} for every pod");
        fields.RejectUnknown();
        return PodSelection.InNamespaces(Read(namespaces), Read(pods));

        static LabelSelector Read(Field? selector) => selector is { } written ? SelectorReader.Read(written) : LabelSelector.Everything;
    }

    /// <summary>Null when there are none, or when one could be any network.</summary>
    private static List<Peer>? ReadNetworks(Field field, AdminPolicySchema schema)
    {
        if (field.Items() is not { } items)
            return null;
        ListLimits.Check(field, items.Count, MaxNetworks);
        var texts = new HashSet<string>(StringComparer.Ordinal);
        var networks = new List<Peer>();
        var readable = true;
        foreach (var item in items)
        {
            if (CidrReader.Read(item, schema.Kind == PolicyKind.ClusterNetworkPolicy ? ApiServerVersions.MaskedNetworks : null, isError: true) is not { } cidr)
            {
                readable = false;
                continue;
            }
            var text = ((ScalarNode)item.Node).Text;
            if (text.Length > MaxNetworkLength)
                item.HarmlessError("invalid-cidr", $"it is longer than {MaxNetworkLength} characters: write it as {cidr}");
            if (!texts.Add(text))
                item.HarmlessError("duplicate-value", $"{cidr} is listed twice: keep one of the two");
            networks.Add(new Peer.Network(cidr));
        }
        return readable && networks.Count > 0 ? networks : null;
    }

    private static Peer.DomainNames? ReadDomainNames(Field field, RuleAction action, AdminPolicySchema schema)
    {
        if (!schema.HasDomainNames)
            field.Error("unknown-field", $"{schema.Kind} has no domainNames: write networks, or an AdminNetworkPolicy");
        else if (action != RuleAction.Allow)
            field.Error("invalid-value", $"domainNames is valid only in a rule whose action is {schema.AllowAction}");
        if (field.Items() is not { } items)
            return null;
        ListLimits.Check(field, items.Count, MaxNetworks);
        var names = new List<string>();
        foreach (var item in items)
        {
            if (item.Text() is not { } name)
                continue;
            if (NameValidation.CheckDomainName(name) is { } wrong)
                item.Error("invalid-domain-name", $"{ScalarNode.Quote(name)} is not a domain name: {wrong}");
            names.Add(name);
        }
        field.Warning("not-enforced", "domain names are not enforced yet: this peer matches nothing");
        return new(names.ToValueArray());
    }
}
