using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects;

/// <summary>An item of <c>from</c> or <c>to</c> of the admin kinds, and their <c>subject</c>.</summary>
internal static class AdminPeer
{
    private const string NewerApi = "unknown-peer";
    private const int MostNetworks = 25;
    private const int LongestNetwork = 43;
    private static readonly string[] EgressOnly = ["nodes", "networks", "domainNames"];

    /// <summary>
    /// One peer per network, otherwise one. With a fault it is a single Unknown in a rule that allows; in another rule it is what the peer could
    /// mean at most, which is Unknown where that could be anything.
    /// </summary>
    public static IEnumerable<Peer> Read(Field item, Direction direction, RuleAction action, AdminPolicySchema schema)
    {
        var faults = item.Report.Faults;
        var peers = item.Object() is { } fields ? Peers(fields, direction, action, schema) : null;
        return peers is not null && (action != RuleAction.Allow || item.Report.Faults == faults) ? peers : [new Peer.Unknown("faulty or unknown peer")];
    }

    /// <summary>The pods; with a fault all that could be meant.</summary>
    public static PodSelection Subject(Field field, AdminPolicySchema schema)
    {
        var chosen = field.Object() is { } fields ? Choice.One(fields, newerApi: null, "namespaces", "pods") : null;
        return chosen is { } form ? Selection(form, schema) : PodSelection.InNamespaces(LabelSelector.Everything);
    }

    private static List<Peer>? Peers(Fields fields, Direction direction, RuleAction action, AdminPolicySchema schema)
    {
        if (direction == Direction.Ingress && Misplaced(fields))
            return null;
        var chosen = direction == Direction.Ingress
            ? Choice.One(fields, NewerApi, "namespaces", "pods")
            : Choice.One(fields, NewerApi, "namespaces", "pods", "nodes", "networks", "domainNames");
        if (chosen is not { } field)
            return null;
        switch (field.Path.Name)
        {
            case "nodes":
                return [new Peer.Nodes(SelectorReader.Read(field))];
            case "networks":
                return Networks(field, schema);
            case "domainNames":
                return DomainNames(field, action, schema) is { } names ? [names] : null;
            default:
                return [new Peer.Pods(Selection(field, schema))];
        }
    }

    private static bool Misplaced(Fields fields)
    {
        var misplaced = EgressOnly.Select(name => fields[name]).FirstOrDefault(f => f is not null);
        misplaced?.Error("unknown-field", "it stands in egress rules only: the peers of an ingress rule are namespaces or pods");
        return misplaced is not null;
    }

    /// <summary>The pods; with a fault all that could be meant.</summary>
    private static PodSelection Selection(Field field, AdminPolicySchema schema)
    {
        if (field.Path.Name is "namespaces")
            return PodSelection.InNamespaces(SelectorReader.Read(field));
        if (field.Object() is not { } fields)
            return PodSelection.InNamespaces(LabelSelector.Everything);
        var namespaces = schema.NeedsNamespaces ? fields.Required("namespaceSelector", "write {} for every namespace") : fields["namespaceSelector"];
        var pods = fields.Required("podSelector", "write {} for every pod");
        fields.Close();
        return PodSelection.InNamespaces(Read(namespaces), Read(pods));

        static LabelSelector Read(Field? selector) => selector is { } written ? SelectorReader.Read(written) : LabelSelector.Everything;
    }

    /// <summary>Null when there are none, or when one could be any network.</summary>
    private static List<Peer>? Networks(Field field, AdminPolicySchema schema)
    {
        if (field.Items() is not { } items)
            return null;
        ListLimits.Check(field, items.Count, MostNetworks);
        var texts = new HashSet<string>(StringComparer.Ordinal);
        var networks = new List<Peer>();
        var readable = true;
        foreach (var item in items)
        {
            if (CidrReader.Read(item, schema.Kind == PolicyKind.ClusterNetworkPolicy ? ApiServers.MaskedNetworks : null, isError: true) is not { } cidr)
            {
                readable = false;
                continue;
            }
            var text = ((ScalarNode)item.Node).Text;
            if (text.Length > LongestNetwork)
                item.HarmlessError("invalid-cidr", $"it is longer than {LongestNetwork} characters: write it as {cidr}");
            if (!texts.Add(text))
                item.HarmlessError("duplicate-value", $"{cidr} is there twice: keep one of the two");
            networks.Add(new Peer.Network(cidr));
        }
        return readable && networks.Count > 0 ? networks : null;
    }

    private static Peer.DomainNames? DomainNames(Field field, RuleAction action, AdminPolicySchema schema)
    {
        if (!schema.HasDomainNames)
            field.Error("unknown-field", $"{schema.Kind} has no domainNames: write networks, or an AdminNetworkPolicy");
        else if (action != RuleAction.Allow)
            field.Error("invalid-value", $"domainNames stand only in a rule whose action is {schema.Allow}");
        if (field.Items() is not { } items)
            return null;
        ListLimits.Check(field, items.Count, MostNetworks);
        var names = new List<string>();
        foreach (var item in items)
        {
            if (item.Text() is not { } name)
                continue;
            if (Syntax.DomainName(name) is { } wrong)
                item.Error("invalid-domain-name", $"{ScalarNode.Quote(name)} is not a domain name: {wrong}");
            names.Add(name);
        }
        field.Warning("not-enforced", "domain names are not enforced yet: this peer matches nothing");
        return new(names.ToValueArray());
    }
}
