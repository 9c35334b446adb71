using NetPol.Model.Net;

namespace NetPol.Model.Policies;

/// <summary>Finds conflicts between policies of equal priority: connections that match rules of both with different actions.</summary>
public static class PriorityConflicts
{
    /// <summary>The maximum number of peer pairs to compare for two policies, about 10 ms.</summary>
    private const int MaxComparisons = 10_000;

    /// <summary>
    /// Whether two policies have the same tier and priority and can conflict. False for a policy and itself, and for kinds without a priority.
    /// </summary>
    public static bool HaveConflict(Policy one, Policy other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return one.Id != other.Id && HasPriority(one) && HasPriority(other) && one.Tier == other.Tier && one.Priority == other.Priority && CanConflict(one, other);
    }

    /// <summary>
    /// Whether the subjects overlap, and rules of one direction with different actions have overlapping peers and ports. Compares selectors, independent of existing pods.
    /// Also true when the rules have too many peer pairs to compare.
    /// </summary>
    public static bool CanConflict(Policy one, Policy other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        if (!Overlap(one.Subject, other.Subject))
            return false;
        var pairs = Enum.GetValues<Direction>().SelectMany(direction =>
            (one.Rules(direction) ?? []).SelectMany(a => (other.Rules(direction) ?? []).Where(b => a.Action != b.Action).Select(b => (One: a, Other: b))));
        var compared = 0;
        return pairs.Any(pair => (compared += pair.One.Peers.Count * pair.Other.Peers.Count) > MaxComparisons || Overlap(pair.One, pair.Other));
    }

    private static bool HasPriority(Policy policy) => policy.Id.Kind is PolicyKind.AdminNetworkPolicy or PolicyKind.ClusterNetworkPolicy;

    private static bool Overlap(Rule one, Rule other) =>
        one.Peers.Any(a => other.Peers.Any(b => Overlap(a, b))) &&
        (one.Ports is not { } ports || other.Ports is not { } others || ports.Any(a => others.Any(b => Overlap(a, b))));

    private static bool Overlap(Peer one, Peer other) => (one, other) switch
    {
        (Peer.Pods a, Peer.Pods b) => Overlap(a.Selection, b.Selection),
        (Peer.Nodes a, Peer.Nodes b) => Overlap(a.Selector, b.Selector),
        // A pod's address is never a node's address, and no selector matches hostNetwork pods.
        (Peer.Pods, Peer.Nodes) or (Peer.Nodes, Peer.Pods) => false,
        (Peer.Network a, Peer.Network b) => a.Cidr.Contains(b.Cidr) ? !a.Except.Any(e => e.Contains(b.Cidr)) : b.Cidr.Contains(a.Cidr) && !b.Except.Any(e => e.Contains(a.Cidr)),
        // Pods, nodes and names may have an address of any network. An unknown peer may be anything.
        _ => true,
    };

    private static bool Overlap(PortMatch one, PortMatch other) => (one, other) switch
    {
        (PortMatch.Numbers a, PortMatch.Numbers b) => a.Protocol == b.Protocol && a.Range.First <= b.Range.Last && b.Range.First <= a.Range.Last,
        // A pod may give several names to one number.
        (PortMatch.Named a, PortMatch.Named b) => AreCompatible(a.Protocol, b.Protocol),
        (PortMatch.Named a, PortMatch.Numbers b) => AreCompatible(a.Protocol, b.Protocol),
        (PortMatch.Numbers a, PortMatch.Named b) => AreCompatible(a.Protocol, b.Protocol),
        _ => true,
    };

    private static bool AreCompatible(Protocol? one, Protocol? other) => one is null || other is null || one == other;

    private static bool Overlap(PodSelection one, PodSelection other) => (one.Namespace, other.Namespace) switch
    {
        ({ } a, { } b) => string.Equals(a, b, StringComparison.Ordinal) && Overlap(one.Pods, other.Pods),
        (null, null) => Overlap(one.Namespaces, other.Namespaces) && Overlap(one.Pods, other.Pods),
        _ => Overlap(one.Pods, other.Pods),
    };

    /// <summary>Whether some set of labels matches both.</summary>
    private static bool Overlap(LabelSelector one, LabelSelector other) =>
        one.Requirements.Concat(other.Requirements).GroupBy(r => r.Key, StringComparer.Ordinal).All(key => HaveCommonValue([.. key]));

    private static bool HaveCommonValue(List<SelectorRequirement> requirements)
    {
        var listed = requirements.Where(r => r.Operator == SelectorOperator.In).Select(r => r.Values.ToHashSet(StringComparer.Ordinal)).ToList();
        var isAbsent = requirements.Exists(r => r.Operator == SelectorOperator.DoesNotExist);
        var isPresent = listed.Count > 0 || requirements.Exists(r => r.Operator == SelectorOperator.Exists);
        if (isAbsent || listed.Count == 0)
            return !(isAbsent && isPresent);
        var common = listed.Aggregate((a, b) => [.. a.Intersect(b, StringComparer.Ordinal)]);
        common.ExceptWith(requirements.Where(r => r.Operator == SelectorOperator.NotIn).SelectMany(r => r.Values));
        return common.Count > 0;
    }
}
