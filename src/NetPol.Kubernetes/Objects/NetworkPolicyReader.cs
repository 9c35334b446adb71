using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects;

/// <summary>
/// Reads NetworkPolicy v1. It fails closed, and closes no more than the policy could mean. A faulty peer, port or rule matches nothing. A policy
/// with a faulty <c>podSelector</c> isolates all pods that could be intended and allows nothing. With a fault in <c>policyTypes</c> a direction that
/// it does not name is isolated and allows nothing. A field of <c>spec</c> that is not known changes nothing.
/// </summary>
internal sealed class NetworkPolicyReader : IObjectReader<Policy>
{
    public ResourceType Type { get; } = new("NetworkPolicy", "networking.k8s.io/v1", IsNamespaced: true);

    public Policy Read(ObjectHeader header)
    {
        var id = new PolicyId(PolicyKind.NetworkPolicy, header.Namespace, header.Name);
        header.Body.Ignore("status");
        var spec = header.Body.Required("spec", "write spec with podSelector and rules")?.Object();
        header.Body.ReportUnknown();
        // Of a key that is defined twice either value may be intended.
        var readable = spec is { IsAmbiguous: false } && !header.Body.IsAmbiguous;
        return AnnotationReader.Read(header, readable ? Read(id, spec!) : IsolateAll(id));
    }

    /// <summary>Returns the replacement for an unreadable policy. It isolates every pod of the namespace, since the policy could have done so.</summary>
    private static Policy IsolateAll(PolicyId id) => new(
        id, Tier.NetworkPolicy, 0, PodSelection.InNamespace(id.Namespace, LabelSelector.Everything), ValueArray.Create<Rule>([]), ValueArray.Create<Rule>([]));

    private static Policy Read(PolicyId id, ObjectNode spec)
    {
        var faults = spec.Report.FaultCount;
        var selector = spec["podSelector"] is { } field ? SelectorReader.Read(field) : LabelSelector.Everything;
        var isSelectorSound = spec.Report.FaultCount == faults;
        faults = spec.Report.FaultCount;
        var types = ReadTypes(spec["policyTypes"]);
        var areTypesSound = spec.Report.FaultCount == faults;
        var (ingress, egress) = (spec["ingress"], spec["egress"]);
        spec.ReportUnknown();

        var ingressRules = ReadRules(ingress, "from", id.Namespace);
        var egressRules = ReadRules(egress, "to", id.Namespace);
        if (areTypesSound)
            types ??= (true, egressRules is not { IsEmpty: true });
        if (types is { Ingress: false } && areTypesSound && ingressRules is { IsEmpty: false })
            ingress!.Value.Warning("no-effect", "policyTypes leaves Ingress out, so these rules do nothing: add Ingress to it");
        if (types is { Egress: false } && areTypesSound && egressRules is { IsEmpty: false })
            egress!.Value.Warning("no-effect", "policyTypes leaves Egress out, so these rules do nothing: add Egress to it");
        return new Policy(
            id, Tier.NetworkPolicy, 0, PodSelection.InNamespace(id.Namespace, selector),
            Effect(types is { Ingress: true }, ingressRules), Effect(types is { Egress: true }, egressRules));

        ValueArray<Rule>? Effect(bool isNamed, ValueArray<Rule>? rules)
        {
            if (!isNamed && areTypesSound)
                return null;
            return isNamed && isSelectorSound ? rules ?? default(ValueArray<Rule>) : default(ValueArray<Rule>);
        }
    }

    /// <summary>Null when the field is missing or empty.</summary>
    private static (bool Ingress, bool Egress)? ReadTypes(Field? field)
    {
        (bool Ingress, bool Egress) types = default;
        if (field?.Items() is not { Count: > 0 } items)
            return null;
        foreach (var item in items)
        {
            var text = item.Text();
            if (text is "Ingress")
                types.Ingress = true;
            else if (text is "Egress")
                types.Egress = true;
            else if (text is not null)
                item.Error("invalid-value", $"{ScalarNode.Quote(text)} is not a policy type: write Ingress or Egress");
        }
        return types;
    }

    /// <summary>Empty when the field is missing; null when it is no list.</summary>
    private static ValueArray<Rule>? ReadRules(Field? field, string peersName, string place)
    {
        if (field is null)
            return default(ValueArray<Rule>);
        return field.Value.Items() is { } items ? items.Select((item, index) => ReadRule(item, index, peersName, place)).ToValueArray() : null;
    }

    private static Rule ReadRule(Field item, int index, string peersName, string place)
    {
        if (item.Object() is not { } fields)
            return AllowNothing(index);
        var peers = new List<Peer>();
        var listFaults = item.Report.FaultCount;
        var peerItems = fields[peersName]?.Items() ?? [];
        var portItems = fields["ports"]?.Items() ?? [];
        var sound = fields.RejectUnknown() && item.Report.FaultCount == listFaults && !fields.IsAmbiguous;
        foreach (var peer in peerItems)
            peers.Add(NetworkPolicyPeerReader.Read(peer, place));
        var ports = portItems.ConvertAll(NetworkPolicyPortReader.Read);
        if (!sound)
            return AllowNothing(index);
        return new(index, null, RuleAction.Allow,
            peers.Count == 0 ? [new Peer.Any()] : peers.ToValueArray(), ports.Count == 0 ? null : ports.ToValueArray());
    }

    private static Rule AllowNothing(int index) => new(index, null, RuleAction.Allow, [new Peer.Unknown("faulty rule")], null);
}

/// <summary>An item of <c>from</c> or <c>to</c>.</summary>
internal static class NetworkPolicyPeerReader
{
    /// <summary>Unknown when anything in it is faulty or of a newer API.</summary>
    public static Peer Read(Field item, string place)
    {
        var faults = item.Report.FaultCount;
        if (item.Object() is not { } fields)
            return new Peer.Unknown("faulty peer");
        var (pods, namespaces, block) = (fields["podSelector"], fields["namespaceSelector"], fields["ipBlock"]);
        if (fields.IsFromNewerApi())
        {
            var names = string.Join(", ", fields.UnknownNames());
            item.WarnRefused("unknown-peer", $"{names} is not known here and fails closed: the rule matches nothing", ApiServerVersions.All);
            return new Peer.Unknown(names);
        }
        fields.RejectUnknown();
        Peer peer = new Peer.Unknown("faulty peer");
        if (pods is null && namespaces is null && block is null)
            item.Error("one-of", "the item names no peer: write podSelector, namespaceSelector or ipBlock, or leave out the whole list for everyone");
        else if (block is null)
            peer = ReadPods(pods, namespaces, place);
        else if (pods is null && namespaces is null)
            peer = ReadNetwork(block.Value) ?? peer;
        else
            item.Error("one-of", "ipBlock cannot be combined with selectors: write the selectors as a separate peer");
        return item.Report.FaultCount == faults ? peer : new Peer.Unknown("faulty peer");
    }

    private static Peer.Pods ReadPods(Field? pods, Field? namespaces, string place)
    {
        var podSelector = pods is { } p ? SelectorReader.Read(p) : LabelSelector.Everything;
        return new(namespaces is { } n
            ? PodSelection.InNamespaces(SelectorReader.Read(n), podSelector)
            : PodSelection.InNamespace(place, podSelector));
    }

    private static Peer.Network? ReadNetwork(Field block)
    {
        if (block.Object() is not { } fields)
            return null;
        var cidr = fields.Required("cidr", "write a network such as 10.0.0.0/8") is { } field ? ReadCidr(field) : null;
        var excepted = new List<Cidr>();
        foreach (var item in fields["except"]?.Items() ?? [])
        {
            if (ReadCidr(item) is not { } except)
                continue;
            if (cidr is { } outer && (!outer.Contains(except) || outer == except))
                item.Error("invalid-except", $"{except} is not a part of {outer}: write a smaller network inside it");
            excepted.Add(except);
        }
        fields.RejectUnknown();
        return cidr is { } network ? new(network, excepted.ToValueArray()) : null;
    }

    private static Cidr? ReadCidr(Field field) => CidrReader.Read(field, ApiServerVersions.StrictNetworks);
}

/// <summary>An item of <c>ports</c> of a NetworkPolicy.</summary>
internal static class NetworkPolicyPortReader
{
    /// <summary>Unknown when anything in it is faulty or of a newer API.</summary>
    public static PortMatch Read(Field item)
    {
        var faults = item.Report.FaultCount;
        if (item.Object() is not { } fields)
            return new PortMatch.Unknown("faulty port");
        var (portField, endField) = (fields["port"], fields["endPort"]);
        fields.Ignore("protocol");
        if (fields.IsFromNewerApi())
        {
            var names = string.Join(", ", fields.UnknownNames());
            item.WarnRefused("unknown-port", $"{names} is not known here and fails closed: the rule matches nothing", ApiServerVersions.StrictFields);
            return new PortMatch.Unknown(names);
        }
        var protocol = PortFields.ReadProtocol(fields);
        fields.RejectUnknown();
        var match = protocol is { } known ? ReadMatch(known, portField, endField) : null;
        return item.Report.FaultCount == faults && match is not null ? match : new PortMatch.Unknown("faulty port");
    }

    private static PortMatch? ReadMatch(Protocol protocol, Field? portField, Field? endField)
    {
        var isName = portField is { Node: ScalarNode { Type: ScalarType.Text } };
        if (endField is { } misplaced && (portField is null || isName))
            misplaced.Error("invalid-port", "endPort needs a port that is a number: write the first port of the range as port");
        if (portField is not { } field)
            return new PortMatch.Numbers(protocol, PortRange.All);
        if (isName)
            return ReadName(field) is { } name ? new PortMatch.Named(protocol, name) : null;
        if (field.Integer(1, ushort.MaxValue) is not { } first)
            return null;
        var last = endField is { } end ? end.Integer(1, ushort.MaxValue) : first;
        if (last < first)
            endField!.Value.Error("invalid-port", $"the range ends at {last}, before it starts at {first}: swap the two");
        return last is { } sound && sound >= first ? new PortMatch.Numbers(protocol, new((ushort)first, (ushort)sound)) : null;
    }

    private static string? ReadName(Field field)
    {
        if (field.Text() is not { } text || !text.All(char.IsAsciiDigit))
            return PortFields.ReadName(field);
        field.Error("wrong-type", $"{ScalarNode.Quote(text)} is the name of no port: write the number without quotes");
        return null;
    }
}
