using Google.Protobuf.WellKnownTypes;
using NetPol.Model.Rules;
using NetPol.Protocol.Wire;

namespace NetPol.Protocol;

/// <summary>Writes updates in parts that are small enough for a message.</summary>
public static class UpdateWriter
{
    /// <summary>Facts in one part. A part of as many IPv6 networks stays below a megabyte; gRPC refuses messages above four.</summary>
    internal const int FactsPerPart = 16_384;

    /// <param name="head">What the update is.</param>
    /// <param name="change">The difference to the base; to the empty rule set for a snapshot.</param>
    /// <returns>At least one part; the last is marked.</returns>
    public static IEnumerable<UpdatePart> Write(UpdateHead head, NodeRuleSetDelta change)
    {
        var part = Part(head);
        var count = 0;
        foreach (var (added, put) in WireFacts.Of(change))
        {
            if (count++ == FactsPerPart)
            {
                yield return part;
                (part, count) = (Part(head), 1);
            }
            put(added ? part.Added ??= new() : part.Removed ??= new());
        }
        part.Last = true;
        yield return part;
    }

    private static UpdatePart Part(UpdateHead head) => new()
    {
        Generation = head.Generation,
        Base = head.Base,
        CausedAt = head.CausedAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
    };
}
