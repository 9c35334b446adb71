using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Lowering;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Policies;

/// <summary>An item of <c>from</c> or <c>to</c> of the admin kinds, and their <c>subject</c>.</summary>
internal static class AdminPeer
{
    private const string NewerApi = "unknown-peer";
    private const int MostNetworks = 25;
    private const int LongestNetwork = 43;
    private static readonly string[] EgressOnly = ["nodes", "networks", "domainNames"];

    /// <summary>One peer per network, otherwise one; a single Unknown when anything in it is faulty or of a newer API.</summary>
    public static IEnumerable<Peer> Read(Field item, Direction direction, RuleAction action, AdminDialect dialect)
    {
        var faults = item.Report.Faults;
        var peers = item.Object() is { } fields ? Peers(fields, direction, action, dialect) : null;
        return peers is not null && item.Report.Faults == faults ? peers : [new Peer.Unknown("faulty or unknown peer")];
    }

    /// <summary>Null when it is faulty.</summary>
    public static PodSelection? Subject(Field field)
    {
        var faults = field.Report.Faults;
        var chosen = field.Object() is { } fields ? Choice.One(fields, newerApi: null, "namespaces", "pods") : null;
        var selection = chosen is { } form ? Selection(form) : null;
        return field.Report.Faults == faults ? selection : null;
    }

    private static List<Peer>? Peers(Fields fields, Direction direction, RuleAction action, AdminDialect dialect)
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
                return Networks(field);
            case "domainNames":
                return DomainNames(field, action, dialect) is { } names ? [names] : null;
            default:
                return Selection(field) is { } selection ? [new Peer.Pods(selection)] : null;
        }
    }

    private static bool Misplaced(Fields fields)
    {
        var misplaced = EgressOnly.Select(name => fields[name]).FirstOrDefault(f => f is not null);
        misplaced?.Error("unknown-field", "it stands in egress rules only: the peers of an ingress rule are namespaces or pods");
        return misplaced is not null;
    }

    private static PodSelection? Selection(Field field)
    {
        if (field.Path.Name is "namespaces")
            return PodSelection.InNamespaces(SelectorReader.Read(field));
        if (field.Object() is not { } fields)
            return null;
        var namespaces = fields.Required("namespaceSelector", "write {} for every namespace");
        var pods = fields.Required("podSelector", "write {} for every pod");
        fields.Close();
        return namespaces is { } n && pods is { } p ? PodSelection.InNamespaces(SelectorReader.Read(n), SelectorReader.Read(p)) : null;
    }

    private static List<Peer>? Networks(Field field)
    {
        if (field.Items() is not { } items)
            return null;
        Limits.Check(field, items.Count, MostNetworks);
        var texts = new HashSet<string>(StringComparer.Ordinal);
        var networks = new List<Peer>();
        foreach (var item in items)
        {
            if (CidrReader.Read(item) is not { } cidr)
                continue;
            var text = ((ScalarNode)item.Node).Text;
            if (text.Length > LongestNetwork)
                item.Error("invalid-cidr", $"it is longer than {LongestNetwork} characters: write it as {cidr}");
            if (!texts.Add(text))
                item.Error("duplicate-value", $"{cidr} is there twice: keep one of the two");
            networks.Add(new Peer.Network(cidr));
        }
        return networks;
    }

    private static Peer.DomainNames? DomainNames(Field field, RuleAction action, AdminDialect dialect)
    {
        if (!dialect.HasDomainNames)
            field.Error("unknown-field", $"{dialect.Kind} has no domainNames: write networks, or an AdminNetworkPolicy");
        else if (action != RuleAction.Allow)
            field.Error("invalid-value", $"domainNames stand only in a rule whose action is {dialect.Allow}");
        if (field.Items() is not { } items)
            return null;
        Limits.Check(field, items.Count, MostNetworks);
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
