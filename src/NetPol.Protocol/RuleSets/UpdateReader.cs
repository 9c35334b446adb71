using Google.Protobuf;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Wire;

namespace NetPol.Protocol.RuleSets;

/// <summary>Puts the parts of updates together, in the order in which they come. It keeps what the parts say, and never more than <see cref="UpdateLimits"/> allow.</summary>
/// <param name="node">The node that they are for.</param>
public sealed class UpdateReader(string node)
{
    private DeltaReader _entries = new();
    private UpdateHeader? _open;
    private ulong _generation;
    private string? _fault;
    private long _size;
    private MemoryStream? _pieces;
    private bool _isPieceAdded;

    /// <summary>The update that this part completes, with its difference to the base (to the empty rule set for a snapshot); null while parts are missing.</summary>
    /// <exception cref="MalformedUpdateException">The update is whole, and holds what cannot be an entry or is larger than <see cref="UpdateLimits"/> allow. The next one may be taken.</exception>
    /// <exception cref="ProtocolException">The part does not belong here.</exception>
    public (UpdateHeader Head, NodeRuleSetDelta Change)? Add(UpdatePart part)
    {
        var head = new UpdateHeader(part.Generation, part.Base, part.CausedAt is { } at ? TimeConversion.Read(at) : null);
        if (_open is null && (head.Generation <= _generation || (head.Base != 0 && head.Base != _generation)))
            throw new ProtocolException($"an update of generation {head.Generation} on {head.Base} comes after generation {_generation}");
        if (_open is not null && _open != head)
            throw new ProtocolException($"a part of generation {head.Generation} comes amid generation {_open.Generation}");
        _open = head;
        AddEntries(part);
        if (!part.Last)
            return null;
        var (entries, fault) = (_entries, _fault);
        (_entries, _fault, _open, _generation, _size, _pieces) = (new(), null, null, head.Generation, 0, null);
        return fault is null ? (head, entries.Build(node)) : throw new MalformedUpdateException(head, fault);
    }

    /// <summary>Adds the entries of a part. After the first invalid entry the update is useless, and no entries are kept.</summary>
    private void AddEntries(UpdatePart part)
    {
        if (_fault is not null)
            return;
        CheckPlace(part);
        try
        {
            _size += part.CalculateSize();
            if (_size > UpdateLimits.MaxUpdateBytes)
                throw new ProtocolException($"the update has more than {UpdateLimits.MaxUpdateBytes} bytes");
            Read(part);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            (_fault, _entries, _pieces) = (error.Message, new(), null);
        }
    }

    /// <summary>The pieces of an entry are consecutive.</summary>
    private void CheckPlace(UpdatePart part)
    {
        if (part.Piece is not { } piece)
        {
            if (_pieces is not null)
                throw new ProtocolException("an entry has no last piece");
            return;
        }
        if (part.Removed is not null || part.Added is not null || part.Last)
            throw new ProtocolException("a part with a piece of an entry has other entries, or is the last");
        if (piece.Data.IsEmpty || (_pieces is not null && piece.Added != _isPieceAdded))
            throw new ProtocolException("a piece of an entry is empty, or does not continue the one before it");
    }

    private void Read(UpdatePart part)
    {
        if (part.Piece is { } piece)
        {
            Join(piece);
            return;
        }
        if (part.Removed is not null)
            _entries.Add(part.Removed, isAdded: false);
        if (part.Added is not null)
            _entries.Add(part.Added, isAdded: true);
    }

    private void Join(EntryPiece piece)
    {
        (_pieces, _isPieceAdded) = (_pieces ?? new(), piece.Added);
        if (_pieces.Length + piece.Data.Length > UpdateLimits.MaxEntryBytes)
            throw new ProtocolException($"an entry has more than {UpdateLimits.MaxEntryBytes} bytes");
        piece.Data.WriteTo(_pieces);
        if (piece.More)
            return;
        _entries.Add(Entries.Parser.ParseFrom(_pieces.GetBuffer(), 0, (int)_pieces.Length), _isPieceAdded);
        _pieces = null;
    }
}

/// <summary>The addresses of a node on the wire.</summary>
public static class NodeAddressConversion
{
    /// <summary>So many addresses of one node count; a node has a few for each of its bridges.</summary>
    public const int MaxPerNode = 64;

    public static NodeAddresses Write(IEnumerable<IpAddress> addresses) =>
        new() { Addresses = { addresses.Select(a => UnsafeByteOperations.UnsafeWrap(a.ToBytes())) } };

    /// <returns>Sorted, each once; the first <see cref="MaxPerNode"/>.</returns>
    /// <exception cref="ProtocolException">One is no address.</exception>
    public static ValueArray<IpAddress> Read(NodeAddresses wire) => wire.Addresses.Select(DeltaReader.ReadAddress).Distinct().Order().Take(MaxPerNode).ToValueArray();
}
