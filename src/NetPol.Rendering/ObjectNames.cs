using System.Globalization;
using NetPol.Model.RuleSets;

namespace NetPol.Rendering;

/// <summary>The names of counters, and of chains and maps that are named by their content.</summary>
public static class ObjectNames
{
    /// <summary>The counter of dropped packets of unready pods.</summary>
    public const string Unready = "unready";

    /// <summary>
    /// The counter of packets that the commit guard dropped: of all packets that enter or cross the node, not of pods alone.
    /// The counter of the decision that allowed such a packet counts it too.
    /// </summary>
    public const string MixedGeneration = "mixed-generation";

    /// <summary>The counter of packets whose source address is not routed back to their input interface, and of other forged packets.</summary>
    public const string Spoofed = "spoofed";

    /// <summary>The counter of packets of pods to a tunnel device of a node.</summary>
    public const string Tunneled = "tunneled";

    /// <summary>The counter of packets with a source route.</summary>
    public const string SourceRouted = "source-routed";

    /// <summary>The counter of packets that a subject sent from an IPv6 link-local address.</summary>
    public const string LinkLocal = "link-local";

    /// <summary>The counter of packets over the log rate.</summary>
    public const string Unlogged = "unlogged";

    private const string DecisionPrefix = "decision-";

    /// <summary>Returns the name of a decision's chain and counter, which is also its log prefix.</summary>
    public static string Decision(DecisionId id) => $"{DecisionPrefix}{id}";

    /// <summary>Returns the decision of a counter, chain or log prefix; null for another name.</summary>
    public static DecisionId? DecisionOf(string name) =>
        IsDecision(name) && UInt128.TryParse(name.AsSpan(DecisionPrefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) ? new(id) : null;

    internal static bool IsDecision(string name) => name.StartsWith(DecisionPrefix, StringComparison.Ordinal);

    /// <summary>Returns the name of a port policy's chain and of its map of single ports.</summary>
    internal static string PortPolicy(PortPolicyId id) => $"ports-{id}";

    /// <summary>Returns the name of a port policy's map of whole protocols.</summary>
    internal static string Protocols(PortPolicyId id) => $"protocols-{id}";

    /// <summary>Returns the name of a port policy's map of port ranges.</summary>
    internal static string Ranges(PortPolicyId id) => $"ranges-{id}";
}
