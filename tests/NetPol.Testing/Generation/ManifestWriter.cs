using System.Text.Json.Nodes;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Testing.Generation;

/// <summary>
/// Writes the objects of a generated cluster as the API has them. Reported addresses of nodes and granted sources of pods are in no object, so they are left out.
/// </summary>
/// <param name="clusterPolicyVersion">The version of ClusterNetworkPolicy: v1alpha2, or v1beta1, in which an empty <c>namespaceSelector</c> is left out.</param>
public sealed class ManifestWriter(string clusterPolicyVersion)
{
    private const string Group = "policy.networking.k8s.io";

    /// <summary>Whether the API can express the policy. A NetworkPolicy affects a direction at least, and an entry of <c>ports</c> of v1alpha1 has a number.</summary>
    public static bool CanExpress(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Id.Kind switch
        {
            PolicyKind.NetworkPolicy => policy.Ingress is not null || policy.Egress is not null,
            PolicyKind.ClusterNetworkPolicy => true,
            _ => !Rules(policy).Any(r => r.Ports is { } ports && ports.Any(p => p is PortMatch.Numbers { Range: var range } && range == PortRange.All)),
        };
    }

    public static JsonObject Write(Namespace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        var written = Object("v1", "Namespace", null, space.Name, space.Labels, Annotations(isAudited: false, space.Logging));
        if (space.IsTerminating)
            written["status"] = new JsonObject { ["phase"] = "Terminating" };
        return written;
    }

    public static JsonObject Write(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var written = Object("v1", "Node", null, node.Name, node.Labels);
        written["spec"] = new JsonObject { ["podCIDRs"] = List(node.PodCidrs, c => c.ToString()) };
        written["status"] = new JsonObject { ["addresses"] = List(node.Addresses, a => new JsonObject { ["type"] = "InternalIP", ["address"] = a.ToString() }) };
        return written;
    }

    public static JsonObject Write(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var written = Object("v1", "Pod", pod.Id.Namespace, pod.Id.Name, pod.Labels);
        var ports = List(pod.Ports, p =>
        {
            var port = new JsonObject { ["protocol"] = Text(p.Protocol), ["containerPort"] = p.Number };
            if (p.Name is { } name)
                port["name"] = name;
            return port;
        });
        var spec = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "c", ["image"] = "i", ["ports"] = ports }) };
        if (pod.HostNetwork)
            spec["hostNetwork"] = true;
        if (pod.Node is { } node)
            spec["nodeName"] = node;
        written["spec"] = spec;
        written["status"] = new JsonObject
        {
            ["phase"] = pod.Finished ? "Failed" : "Running",
            ["podIPs"] = List(pod.Addresses, a => new JsonObject { ["ip"] = a.ToString() }),
        };
        return written;
    }

    public static JsonObject Write(GeneratedService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        var written = Object("v1", "Service", service.Namespace, service.Name, Labels.None);
        var spec = new JsonObject
        {
            ["type"] = !service.LoadBalancerIps.IsEmpty ? "LoadBalancer" : service.Ports.Any(p => p.NodePort is not null) ? "NodePort" : "ClusterIP",
            ["clusterIP"] = service.ClusterIps[0].ToString(),
            ["clusterIPs"] = List(service.ClusterIps, a => a.ToString()),
            ["selector"] = new JsonObject(service.Selector.Pairs.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["ports"] = List(service.Ports, ServicePort),
        };
        if (!service.ExternalIps.IsEmpty)
            spec["externalIPs"] = List(service.ExternalIps, a => a.ToString());
        if (service.IsLocal)
            spec["externalTrafficPolicy"] = "Local";
        written["spec"] = spec;
        if (!service.LoadBalancerIps.IsEmpty)
            written["status"] = new JsonObject { ["loadBalancer"] = new JsonObject { ["ingress"] = List(service.LoadBalancerIps, a => new JsonObject { ["ip"] = a.ToString() }) } };
        return written;
    }

    /// <param name="policy">One that <see cref="CanExpress"/>.</param>
    public JsonObject Write(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var isAdmin = policy.Id.Kind != PolicyKind.NetworkPolicy;
        var version = policy.Id.Kind switch
        {
            PolicyKind.NetworkPolicy => "networking.k8s.io/v1",
            PolicyKind.ClusterNetworkPolicy => $"{Group}/{clusterPolicyVersion}",
            _ => $"{Group}/v1alpha1",
        };
        var spec = new JsonObject();
        if (isAdmin)
        {
            spec["subject"] = Selection(policy.Subject, policy.Id.Kind);
            if (policy.Id.Kind != PolicyKind.BaselineAdminNetworkPolicy)
                spec["priority"] = policy.Priority;
            if (policy.Id.Kind == PolicyKind.ClusterNetworkPolicy)
                spec["tier"] = policy.Tier.ToString();
        }
        else
        {
            spec["podSelector"] = Selector(policy.Subject.Pods);
            spec["policyTypes"] = List(Enum.GetValues<Direction>().Where(d => policy.Rules(d) is not null), d => d.ToString());
        }
        foreach (var direction in Enum.GetValues<Direction>())
        {
            if (policy.Rules(direction) is { } rules)
                spec[direction == Direction.Ingress ? "ingress" : "egress"] = List(rules, r => isAdmin ? AdminRule(r, direction, policy.Id.Kind) : NetworkPolicyRule(r, direction));
        }
        var written = Object(version, policy.Id.Kind.Name(), isAdmin ? null : policy.Id.Namespace, policy.Id.Name, Labels.None, Annotations(policy.IsAudited, policy.Logging));
        written["spec"] = spec;
        return written;
    }

    private static JsonObject ServicePort(GeneratedServicePort port)
    {
        var written = new JsonObject { ["name"] = port.Name, ["protocol"] = Text(port.Protocol), ["port"] = port.Number };
        if (port.Target is { } target)
            written["targetPort"] = target;
        if (port.TargetName is { } name)
            written["targetPort"] = name;
        if (port.NodePort is { } nodePort)
            written["nodePort"] = nodePort;
        return written;
    }

    private static IEnumerable<Rule> Rules(Policy policy) => (policy.Ingress ?? []).Concat(policy.Egress ?? []);

    private static string PeersField(Direction direction) => direction == Direction.Ingress ? "from" : "to";

    private static JsonObject NetworkPolicyRule(Rule rule, Direction direction)
    {
        var written = new JsonObject();
        if (rule.Peers is not [Peer.Any])
            written[PeersField(direction)] = List(rule.Peers, NetworkPolicyPeer);
        if (rule.Ports is { } ports)
            written["ports"] = List(ports, NetworkPolicyPort);
        return written;
    }

    private static JsonObject NetworkPolicyPeer(Peer peer)
    {
        switch (peer)
        {
            case Peer.Pods { Selection: { Namespace: not null } own }:
                return new() { ["podSelector"] = Selector(own.Pods) };
            case Peer.Pods { Selection: var selection }:
                return new() { ["namespaceSelector"] = Selector(selection.Namespaces), ["podSelector"] = Selector(selection.Pods) };
            case Peer.Network network:
                var block = new JsonObject { ["cidr"] = network.Cidr.ToString() };
                if (!network.Except.IsEmpty)
                    block["except"] = List(network.Except, c => c.ToString());
                return new() { ["ipBlock"] = block };
            default:
                return Newer();
        }
    }

    private static JsonObject NetworkPolicyPort(PortMatch port)
    {
        switch (port)
        {
            case PortMatch.Named named:
                return new() { ["protocol"] = Text(named.Protocol!.Value), ["port"] = named.Name };
            case PortMatch.Numbers numbers:
                var written = new JsonObject { ["protocol"] = Text(numbers.Protocol) };
                if (numbers.Range != PortRange.All)
                    written["port"] = numbers.Range.First;
                if (numbers.Range != PortRange.All && numbers.Range.Last > numbers.Range.First)
                    written["endPort"] = numbers.Range.Last;
                return written;
            default:
                return Newer();
        }
    }

    private JsonObject AdminRule(Rule rule, Direction direction, PolicyKind kind)
    {
        var isCluster = kind == PolicyKind.ClusterNetworkPolicy;
        var written = new JsonObject
        {
            ["action"] = rule.Action == RuleAction.Allow && isCluster ? "Accept" : rule.Action.ToString(),
            [PeersField(direction)] = List(rule.Peers, p => AdminPeer(p, kind)),
        };
        if (rule.Name is { } name)
            written["name"] = name;
        if (rule.Ports is { } ports)
            written[isCluster ? "protocols" : "ports"] = List(ports, isCluster ? ClusterPort : AdminPort);
        return written;
    }

    private JsonObject AdminPeer(Peer peer, PolicyKind kind) => peer switch
    {
        Peer.Pods pods => Selection(pods.Selection, kind),
        Peer.Nodes nodes => new() { ["nodes"] = Selector(nodes.Selector) },
        Peer.Network network => new() { ["networks"] = new JsonArray(network.Cidr.ToString()) },
        Peer.DomainNames names => new() { ["domainNames"] = List(names.Names, n => n) },
        _ => Newer(),
    };

    private JsonObject Selection(PodSelection selection, PolicyKind kind)
    {
        if (selection.Pods.Requirements.IsEmpty)
            return new() { ["namespaces"] = Selector(selection.Namespaces) };
        var pods = new JsonObject { ["podSelector"] = Selector(selection.Pods) };
        if (kind != PolicyKind.ClusterNetworkPolicy || clusterPolicyVersion is "v1alpha2" || !selection.Namespaces.Requirements.IsEmpty)
            pods["namespaceSelector"] = Selector(selection.Namespaces);
        return new() { ["pods"] = pods };
    }

    private static JsonObject AdminPort(PortMatch port) => port switch
    {
        PortMatch.Named named => new() { ["namedPort"] = named.Name },
        PortMatch.Numbers { Range: var range } numbers when range.First == range.Last =>
            new() { ["portNumber"] = new JsonObject { ["protocol"] = Text(numbers.Protocol), ["port"] = range.First } },
        PortMatch.Numbers { Range: var range } numbers =>
            new() { ["portRange"] = new JsonObject { ["protocol"] = Text(numbers.Protocol), ["start"] = range.First, ["end"] = range.Last } },
        _ => Newer(),
    };

    private static JsonObject ClusterPort(PortMatch port)
    {
        switch (port)
        {
            case PortMatch.Named named:
                return new() { ["destinationNamedPort"] = named.Name };
            case PortMatch.Numbers { Range: var range } numbers:
                var entry = new JsonObject();
                if (range != PortRange.All)
                {
                    entry["destinationPort"] = range.First == range.Last
                        ? new JsonObject { ["number"] = range.First }
                        : new JsonObject { ["range"] = new JsonObject { ["start"] = range.First, ["end"] = range.Last } };
                }
                return new() { [Text(numbers.Protocol).ToLowerInvariant()] = entry };
            default:
                return Newer();
        }
    }

    /// <summary>An entry with a field that no version known here has.</summary>
    private static JsonObject Newer() => new() { ["newer"] = new JsonObject() };

    private static JsonObject Selector(LabelSelector selector)
    {
        var (labels, expressions) = (new JsonObject(), new JsonArray());
        foreach (var requirement in selector.Requirements)
        {
            if (requirement is { Operator: SelectorOperator.In, Values: [var value] } && !labels.ContainsKey(requirement.Key))
            {
                labels[requirement.Key] = value;
                continue;
            }
            var expression = new JsonObject { ["key"] = requirement.Key, ["operator"] = requirement.Operator.ToString() };
            if (!requirement.Values.IsEmpty)
                expression["values"] = List(requirement.Values, v => v);
            expressions.Add(expression);
        }
        var written = new JsonObject();
        if (labels.Count > 0)
            written["matchLabels"] = labels;
        if (expressions.Count > 0)
            written["matchExpressions"] = expressions;
        return written;
    }

    private static JsonObject Object(string version, string kind, string? space, string name, Labels labels, JsonObject? annotations = null)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (space is not null)
            metadata["namespace"] = space;
        if (!labels.Pairs.IsEmpty)
            metadata["labels"] = new JsonObject(labels.Pairs.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
        if (annotations is { Count: > 0 })
            metadata["annotations"] = annotations;
        return new() { ["apiVersion"] = version, ["kind"] = kind, ["metadata"] = metadata };
    }

    private static JsonObject Annotations(bool isAudited, FlowLogging logging)
    {
        var annotations = new JsonObject();
        if (isAudited)
            annotations["netpol.io/mode"] = "audit";
        if (logging != FlowLogging.None)
            annotations["netpol.io/log"] = logging == FlowLogging.All ? "all" : "denied";
        return annotations;
    }

    private static string Text(Protocol protocol) => protocol.ToString().ToUpperInvariant();

    private static JsonArray List<T>(IEnumerable<T> items, Func<T, JsonNode> write) => new([.. items.Select(write)]);
}
