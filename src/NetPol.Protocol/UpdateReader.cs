using NetPol.Model.Rules;
using NetPol.Protocol.Wire;

namespace NetPol.Protocol;

/// <summary>Puts the parts of updates together, in the order in which they come. It keeps what the parts say, and never more than <see cref="UpdateLimits"/> allow.</summary>
/// <param name="node">The node that they are for.</param>
public sealed class UpdateReader(string node)
{
    private DeltaBuilder _facts = new();
    private UpdateHead? _open;
    private ulong _generation;
    private string? _fault;
    private long _size;
    private MemoryStream? _pieces;
    private bool _isPieceAdded;

    /// <summary>The update that this part completes, with its difference to the base (to the empty rule set for a snapshot); null while parts are missing.</summary>
    /// <exception cref="MalformedUpdateException">The update is whole, and holds what cannot be a fact or is larger than <see cref="UpdateLimits"/> allow. The next one may be taken.</exception>
    /// <exception cref="ProtocolException">The part does not belong here.</exception>
    public (UpdateHead Head, NodeRuleSetDelta Change)? Add(UpdatePart part)
    {
        var head = new UpdateHead(part.Generation, part.Base, part.CausedAt is { } at ? WireTime.Read(at) : null);
        if (_open is null && (head.Generation <= _generation || (head.Base != 0 && head.Base != _generation)))
            throw new ProtocolException($"an update of generation {head.Generation} on {head.Base} comes after generation {_generation}");
        if (_open is not null && _open != head)
            throw new ProtocolException($"a part of generation {head.Generation} comes amid generation {_open.Generation}");
        _open = head;
        AddFacts(part);
        if (!part.Last)
            return null;
        var (facts, fault) = (_facts, _fault);
        (_facts, _fault, _open, _generation, _size, _pieces) = (new(), null, null, head.Generation, 0, null);
        return fault is null ? (head, facts.Build(node)) : throw new MalformedUpdateException(head, fault);
    }

    /// <summary>Takes the facts of a part. After the first fault the facts of the update are of no use, and nothing is kept of them.</summary>
    private void AddFacts(UpdatePart part)
    {
        if (_fault is not null)
            return;
        CheckPlace(part);
        try
        {
            _size += part.CalculateSize();
            if (_size > UpdateLimits.Update)
                throw new ProtocolException($"the update has more than {UpdateLimits.Update} bytes");
            Read(part);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            (_fault, _facts, _pieces) = (error.Message, new(), null);
        }
    }

    /// <summary>Pieces of a fact follow each other, and nothing comes between them.</summary>
    private void CheckPlace(UpdatePart part)
    {
        if (part.Piece is not { } piece)
        {
            if (_pieces is not null)
                throw new ProtocolException("a fact has no last piece");
            return;
        }
        if (part.Removed is not null || part.Added is not null || part.Last)
            throw new ProtocolException("a part with a piece of a fact has other facts, or is the last");
        if (piece.Data.IsEmpty || (_pieces is not null && piece.Added != _isPieceAdded))
            throw new ProtocolException("a piece of a fact is empty, or does not continue the one before it");
    }

    private void Read(UpdatePart part)
    {
        if (part.Piece is { } piece)
        {
            Join(piece);
            return;
        }
        if (part.Removed is not null)
            _facts.Add(part.Removed, isAdded: false);
        if (part.Added is not null)
            _facts.Add(part.Added, isAdded: true);
    }

    private void Join(FactPiece piece)
    {
        (_pieces, _isPieceAdded) = (_pieces ?? new(), piece.Added);
        if (_pieces.Length + piece.Data.Length > UpdateLimits.Fact)
            throw new ProtocolException($"a fact has more than {UpdateLimits.Fact} bytes");
        piece.Data.WriteTo(_pieces);
        if (piece.More)
            return;
        _facts.Add(Facts.Parser.ParseFrom(_pieces.GetBuffer(), 0, (int)_pieces.Length), _isPieceAdded);
        _pieces = null;
    }
}
