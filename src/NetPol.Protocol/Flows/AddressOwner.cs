using NetPol.Model.Cluster;

namespace NetPol.Protocol.Flows;

/// <summary>Who has an address: a pod with its labels, or a node.</summary>
public sealed record AddressOwner
{
    /// <summary>Null for a node.</summary>
    public PodId? Pod { get; private init; }

    /// <summary>The pod's; none of a node.</summary>
    public Labels Labels { get; private init; }

    /// <summary>The node's name; null for a pod.</summary>
    public string? Node { get; private init; }

    public static AddressOwner OfPod(PodId pod, Labels labels) => new() { Pod = pod, Labels = labels };

    public static AddressOwner OfNode(string node) => new() { Node = node };

    public override string ToString() => Pod?.ToString() ?? $"node {Node}";
}
