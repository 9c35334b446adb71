using NetPol.Model.Rules;

namespace NetPol.Protocol.Flows;

/// <summary>Connections of one flow that met one decision within a few seconds.</summary>
public sealed record FlowRecord
{
    /// <summary>When the first packet came, by the node's clock.</summary>
    public required DateTimeOffset FirstAt { get; init; }

    /// <summary>When the last packet came.</summary>
    public required DateTimeOffset LastAt { get; init; }

    /// <summary>The node that judged.</summary>
    public required string Node { get; init; }

    /// <summary>What was decided; or what would have been, see <see cref="IsAudited"/>.</summary>
    public required Decision Decision { get; init; }

    /// <summary>Whether the decision was not enforced: it is what audited policies would have made of the packet.</summary>
    public bool IsAudited { get; init; }

    public required FlowEnd Source { get; init; }

    public required FlowEnd Destination { get; init; }

    /// <summary>The number above IP.</summary>
    public required byte Protocol { get; init; }

    /// <summary>Of ICMP and ICMPv6; otherwise null.</summary>
    public byte? IcmpType { get; init; }

    /// <summary>Packets that opened, or tried to open, a connection.</summary>
    public required long Count { get; init; }

    /// <summary>Whether something was denied, or would have been.</summary>
    public bool IsDenied => Decision.Verdict == Verdict.Deny;
}
