using System.Globalization;
using NetPol.Model.RuleSets;

namespace NetPol.Rendering;

/// <summary>The names of what is named by its content.</summary>
public static class ObjectNames
{
    /// <summary>The counter of packets of pods that are not known yet.</summary>
    public const string Unready = "unready";

    /// <summary>
    /// The counter of packets that would have passed, had the rules not changed while they were judged: of all packets that enter the node or cross it, not of pods alone.
    /// Those that a decision had allowed are counted there too.
    /// </summary>
    public const string MixedGeneration = "mixed-generation";

    /// <summary>The counter of packets whose source address is not routed back to where they came from, and of other forged ones.</summary>
    public const string Spoofed = "spoofed";

    /// <summary>The counter of packets of pods to a tunnel device of a node.</summary>
    public const string Tunneled = "tunneled";

    /// <summary>The counter of packets that name their own route.</summary>
    public const string SourceRouted = "source-routed";

    /// <summary>The counter of packets that a judged pod sent from an IPv6 link-local address.</summary>
    public const string LinkLocal = "link-local";

    /// <summary>The counter of packets that the rate kept out of the log.</summary>
    public const string Unlogged = "unlogged";

    private const string DecisionPrefix = "decision-";

    /// <summary>A decision's chain, its counter, and what stands before its packets in the log.</summary>
    public static string Decision(DecisionId id) => $"{DecisionPrefix}{id}";

    /// <summary>The decision whose counter, chain or log has the name; null when it is another's.</summary>
    public static DecisionId? DecisionOf(string name) =>
        IsDecision(name) && UInt128.TryParse(name.AsSpan(DecisionPrefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) ? new(id) : null;

    internal static bool IsDecision(string name) => name.StartsWith(DecisionPrefix, StringComparison.Ordinal);

    /// <summary>A profile's chain, and its map of single ports.</summary>
    internal static string PortPolicy(PortPolicyId id) => $"ports-{id}";

    /// <summary>A profile's map of whole protocols.</summary>
    internal static string Protocols(PortPolicyId id) => $"protocols-{id}";

    /// <summary>A profile's map of port ranges.</summary>
    internal static string Ranges(PortPolicyId id) => $"ranges-{id}";
}
