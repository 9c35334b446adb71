using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Rendering;

/// <summary>Which packets the kernel logs for flow records, and at what rate.</summary>
public sealed record FlowLogSettings
{
    /// <summary>Bytes of a packet that are logged: an IPv4 header with all its options and ports, an IPv6 header with several extensions.</summary>
    internal const uint SnapLength = 96;

    public static FlowLogSettings Default { get; } = new();

    /// <summary>Which decisions are logged without an annotation.</summary>
    public FlowLogging Always { get; init; }

    /// <summary>The log group, of the node's network namespace. A second NetPol on the same node needs another group.</summary>
    public ushort Group { get; init; } = 9446;

    /// <summary>Packets of one decision to log per second, at least 1; the others are counted.</summary>
    public uint PerSecond { get; init; } = 100;

    /// <summary>Packets of one decision that may exceed the rate in a burst, at least 1.</summary>
    public uint Burst { get; init; } = 500;

    internal bool Covers(Decision decision) => Always switch
    {
        FlowLogging.None => decision.IsLogged,
        FlowLogging.Denied => decision.IsLogged || decision.Verdict == Verdict.Deny || decision.Audit?.Verdict == Verdict.Deny,
        FlowLogging.All => true,
        _ => throw new InvalidOperationException($"unknown flow logging {Always}"),
    };
}
