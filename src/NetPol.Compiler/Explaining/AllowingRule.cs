using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Explaining;

/// <summary>Writes the rule of a NetworkPolicy that would allow a connection.</summary>
internal static class AllowingRule
{
    /// <summary>The label that every namespace has.</summary>
    private const string NameLabel = "kubernetes.io/metadata.name";

    /// <summary>What controllers put on pods to tell them from those of the next revision, or from each other.</summary>
    private static readonly string[] Passing =
    [
        "apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-completion-index", "batch.kubernetes.io/job-name",
        "controller-revision-hash", "controller-uid", "job-name", "pod-template-generation", "pod-template-hash", "statefulset.kubernetes.io/pod-name",
    ];

    /// <summary>The peer by its labels, or by its address where it is no pod, or its namespace is not known; without ports where the protocol has none.</summary>
    public static Rule For(SideFacts side, ValueArray<PolicyId> isolatedBy)
    {
        var (protocol, port) = (side.Connection.Protocol, side.Connection.Port);
        ValueArray<PortMatch>? ports = protocol.HasPorts() ? [new PortMatch.Numbers(protocol, new(port, port))] : null;
        return new(0, null, RuleAction.Allow, [PeerOf(side, isolatedBy)], ports);
    }

    private static Peer PeerOf(SideFacts side, ValueArray<PolicyId> isolatedBy)
    {
        var address = new Peer.Network(Cidr.Of(side.Peer, side.Peer.Family == IpFamily.V4 ? 32 : 128));
        if (side.PeerPods is not [var pod, ..])
            return address;
        var (space, pods) = (pod.Id.Namespace, Selector(pod));
        if (isolatedBy.All(p => string.Equals(p.Namespace, space, StringComparison.Ordinal)))
            return new Peer.Pods(PodSelection.InNamespace(space, pods));
        return side.Cluster.Knows(space) ? new Peer.Pods(PodSelection.InNamespaces(LabelSelector.Of((NameLabel, space)), pods)) : address;
    }

    /// <summary>The labels by which a policy can select the pod and its replacements; all of them where none lasts.</summary>
    public static LabelSelector Selector(Pod pod)
    {
        var lasting = pod.Labels.Pairs.Where(l => !Passing.Contains(l.Key, StringComparer.Ordinal)).ToList();
        return LabelSelector.Of((lasting.Count > 0 ? lasting : [.. pod.Labels.Pairs]).Select(l => new SelectorRequirement(l.Key, SelectorOperator.In, [l.Value])));
    }
}
