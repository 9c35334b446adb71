using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Protocol.Flows;

/// <summary>Connections of one flow that met one decision within a few seconds.</summary>
public sealed record FlowRecord
{
    /// <summary>When the first packet came, by the node's clock.</summary>
    public required DateTimeOffset FirstPacketAt { get; init; }

    /// <summary>When the last packet came.</summary>
    public required DateTimeOffset LastPacketAt { get; init; }

    /// <summary>The node that gave the verdict.</summary>
    public required string Node { get; init; }

    /// <summary>What was decided; or what would have been, see <see cref="IsAudited"/>.</summary>
    public required Decision Decision { get; init; }

    /// <summary>Whether the decision was not enforced: it is what audited policies would have made of the packet.</summary>
    public bool IsAudited { get; init; }

    public required FlowEndpoint Source { get; init; }

    public required FlowEndpoint Destination { get; init; }

    /// <summary>The number above IP.</summary>
    public required byte Protocol { get; init; }

    /// <summary>The type of ICMP and ICMPv6; null for other protocols.</summary>
    public byte? IcmpType { get; init; }

    /// <summary>Packets that opened, or tried to open, a connection.</summary>
    public required long Count { get; init; }

    /// <summary>Whether something was denied, or would have been.</summary>
    public bool IsDenied => Decision.Verdict == Verdict.Deny;
}

/// <summary>Records that go together, and how much was lost before them.</summary>
/// <param name="Records">In the order in which they ended.</param>
/// <param name="Lost">Packets that belong to no record, and records that went missing on the way, since the batch before.</param>
public sealed record FlowBatch(IReadOnlyList<FlowRecord> Records, long Lost)
{
    /// <summary>What a controller takes at once.</summary>
    public const int MaxRecords = 1024;
}

/// <summary>One side of a flow.</summary>
/// <param name="Address">The address that the rules matched: after destination translation, before source translation.</param>
/// <param name="Port">Null where there is none, and for a source when the connections came from several.</param>
/// <param name="Owner">Null when it is unknown.</param>
public sealed record FlowEndpoint(IpAddress Address, ushort? Port, AddressOwner? Owner = null)
{
    /// <summary>The owner's name, or the address.</summary>
    public string Name => Owner?.ToString() ?? Address.ToString();
}

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
