using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects;

/// <summary>
/// Reads NetworkPolicy v1. It fails closed, and closes no more than the policy could mean. A faulty peer, port or rule matches nothing. A policy
/// with a faulty <c>podSelector</c> isolates all pods that could be meant and allows nothing. With a fault in <c>policyTypes</c> a direction that
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
        // Of a key that is there twice either value may be meant.
        var readable = spec is { IsAmbiguous: false } && !header.Body.IsAmbiguous;
        return AnnotationReader.Read(header, readable ? Read(id, spec!) : IsolateAll(id));
    }

    /// <summary>Returns the replacement for an unreadable policy. It isolates every pod of the namespace, since the policy could have done so.</summary>
    private static Policy IsolateAll(PolicyId id) => new(
        id, Tier.NetworkPolicy, 0, PodSelection.InNamespace(id.Namespace, LabelSelector.Everything), ValueArray.Create<Rule>([]), ValueArray.Create<Rule>([]));

    private static Policy Read(PolicyId id, Fields spec)
    {
        var faults = spec.Report.Faults;
        var selector = spec["podSelector"] is { } field ? SelectorReader.Read(field) : LabelSelector.Everything;
        var isSelectorSound = spec.Report.Faults == faults;
        faults = spec.Report.Faults;
        var types = Types(spec["policyTypes"]);
        var areTypesSound = spec.Report.Faults == faults;
        var (ingress, egress) = (spec["ingress"], spec["egress"]);
        spec.ReportUnknown();

        var ingressRules = Rules(ingress, "from", id.Namespace);
        var egressRules = Rules(egress, "to", id.Namespace);
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
    private static (bool Ingress, bool Egress)? Types(Field? field)
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
    private static ValueArray<Rule>? Rules(Field? field, string peersName, string place)
    {
        if (field is null)
            return default(ValueArray<Rule>);
        return field.Value.Items() is { } items ? items.Select((item, index) => ReadRule(item, index, peersName, place)).ToValueArray() : null;
    }

    private static Rule ReadRule(Field item, int index, string peersName, string place)
    {
        if (item.Object() is not { } fields)
            return Closed(index);
        var peers = new List<Peer>();
        var listFaults = item.Report.Faults;
        var peerItems = fields[peersName]?.Items() ?? [];
        var portItems = fields["ports"]?.Items() ?? [];
        var sound = fields.Close() && item.Report.Faults == listFaults && !fields.IsAmbiguous;
        foreach (var peer in peerItems)
            peers.Add(NetworkPolicyPeer.Read(peer, place));
        var ports = portItems.ConvertAll(NetworkPolicyPort.Read);
        if (!sound)
            return Closed(index);
        return new(index, null, RuleAction.Allow,
            peers.Count == 0 ? [new Peer.Any()] : peers.ToValueArray(), ports.Count == 0 ? null : ports.ToValueArray());
    }

    private static Rule Closed(int index) => new(index, null, RuleAction.Allow, [new Peer.Unknown("faulty rule")], null);
}
