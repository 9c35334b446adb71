using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Protocol.Inspections;

/// <summary>What a node says of the first packet of a connection, by the rules that are programmed there.</summary>
/// <param name="Passes">Whether nothing drops it.</param>
/// <param name="Steps">What it meets, for people.</param>
/// <param name="Counts">Who counts it, in order.</param>
public sealed record Inspection(bool Passes, ValueArray<string> Steps, ValueArray<Inspection.Count> Counts)
{
    /// <param name="Decision">The decision; null when the packet was held.</param>
    /// <param name="Text">The decision in words; empty where the node does not know it.</param>
    /// <param name="Connections">What was counted since the counter was made.</param>
    /// <param name="Bytes">As <paramref name="Connections"/>.</param>
    public sealed record Count(DecisionId? Decision, string Text, ulong Connections, ulong Bytes);
}
