using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Wire;

namespace NetPol.Protocol.RuleSets;

/// <summary>
/// Writes updates in parts that are small enough for a message, whatever they hold: an entry that is larger than a part goes in pieces. It encodes
/// one part at a time, when the caller asks for it.
/// </summary>
public static class UpdateWriter
{
    /// <param name="head">What the update is.</param>
    /// <param name="change">The difference to the base; to the empty rule set for a snapshot.</param>
    /// <returns>At least one part; the last is marked. Each has at most <see cref="UpdateLimits.MaxPartBytes"/> bytes of entries.</returns>
    public static IEnumerable<UpdatePart> Write(UpdateHeader head, NodeRuleSetDelta change) => Write(head, change, UpdateLimits.MaxPartBytes);

    /// <param name="head">What the update is.</param>
    /// <param name="change">The difference to the base; to the empty rule set for a snapshot.</param>
    /// <param name="partSize">The most bytes of entries in a part, at least 1.</param>
    /// <returns>At least one part; the last is marked.</returns>
    public static IEnumerable<UpdatePart> Write(UpdateHeader head, NodeRuleSetDelta change, int partSize)
    {
        var part = Part(head);
        var size = 0;
        foreach (var entry in WireEntries.Create(change))
        {
            if (size > 0 && size + entry.Size > partSize)
            {
                yield return part;
                (part, size) = (Part(head), 0);
            }
            if (entry.Size > partSize)
            {
                foreach (var piece in Pieces(entry, partSize))
                {
                    part.Piece = piece;
                    yield return part;
                    part = Part(head);
                }
                continue;
            }
            entry.AddTo(entry.IsAdded ? part.Added ??= new() : part.Removed ??= new());
            size += entry.Size;
        }
        part.Last = true;
        yield return part;
    }

    private static IEnumerable<EntryPiece> Pieces(WireEntry entry, int size)
    {
        var entries = new Entries();
        entry.AddTo(entries);
        var data = entries.ToByteArray().AsMemory();
        for (var start = 0; start < data.Length; start += size)
        {
            var rest = data.Length - start;
            yield return new()
            {
                Added = entry.IsAdded,
                Data = UnsafeByteOperations.UnsafeWrap(data.Slice(start, Math.Min(size, rest))),
                More = rest > size,
            };
        }
    }

    private static UpdatePart Part(UpdateHeader head) => new()
    {
        Generation = head.Generation,
        Base = head.Base,
        CausedAt = head.CausedAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
    };
}
