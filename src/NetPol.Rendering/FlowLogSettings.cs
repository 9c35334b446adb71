using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Rendering;

/// <summary>Which packets the kernel hands over for flow records, and how many of them.</summary>
public sealed record FlowLogSettings
{
    /// <summary>Bytes of a packet that are handed over: an IPv4 header with all its options and ports, an IPv6 header with several extensions.</summary>
    internal const uint SnapLength = 96;

    public static FlowLogSettings Default { get; } = new();

    /// <summary>What is logged whatever the annotations say.</summary>
    public FlowLogging Always { get; init; }

    /// <summary>The log group, of the node's network namespace. A NetPol of its own on the same node needs another one.</summary>
    public ushort Group { get; init; } = 9446;

    /// <summary>Packets of one decision that are handed over in a second, at least 1; the others are counted.</summary>
    public uint PerSecond { get; init; } = 100;

    /// <summary>Packets of one decision beyond the rate that may come at once, at least 1.</summary>
    public uint Burst { get; init; } = 500;

    internal bool Covers(Decision decision) => Always switch
    {
        FlowLogging.None => decision.IsLogged,
        FlowLogging.Denied => decision.IsLogged || decision.Verdict == Verdict.Deny || decision.Audit?.Verdict == Verdict.Deny,
        FlowLogging.All => true,
        _ => throw new InvalidOperationException($"unknown flow logging {Always}"),
    };
}
