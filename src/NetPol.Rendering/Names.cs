using NetPol.Model.Rules;

namespace NetPol.Rendering;

/// <summary>The names of what is named by its content.</summary>
internal static class Names
{
    /// <summary>The counter of packets that the rate kept out of the log.</summary>
    public const string Unlogged = "unlogged";

    /// <summary>A decision's chain, its counter, and what stands before its packets in the log.</summary>
    public static string Decision(DecisionId id) => $"v_{id}";

    /// <summary>A profile's chain, and its map of single ports.</summary>
    public static string Profile(ProfileId id) => $"ports_{id}";

    /// <summary>A profile's map of whole protocols.</summary>
    public static string Protocols(ProfileId id) => $"protocols_{id}";

    /// <summary>A profile's map of port ranges.</summary>
    public static string Ranges(ProfileId id) => $"ranges_{id}";
}
