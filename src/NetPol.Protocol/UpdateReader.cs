using NetPol.Model.Rules;
using NetPol.Protocol.Wire;

namespace NetPol.Protocol;

/// <summary>Puts the parts of updates together, in the order in which they come.</summary>
/// <param name="node">The node that they are for.</param>
public sealed class UpdateReader(string node)
{
    private Facts _removed = new();
    private Facts _added = new();
    private UpdateHead? _open;
    private ulong _generation;

    /// <summary>The update that this part completes, with its difference to the base (to the empty rule set for a snapshot); null while parts are missing.</summary>
    /// <exception cref="MalformedUpdateException">The update is whole, and holds what cannot be a fact. The next one may be taken.</exception>
    /// <exception cref="ProtocolException">The part does not belong here.</exception>
    public (UpdateHead Head, NodeRuleSetDelta Change)? Add(UpdatePart part)
    {
        var head = new UpdateHead(part.Generation, part.Base, part.CausedAt is { } at ? WireTime.Read(at) : null);
        if (_open is null && (head.Generation <= _generation || (head.Base != 0 && head.Base != _generation)))
            throw new ProtocolException($"an update of generation {head.Generation} on {head.Base} comes after generation {_generation}");
        if (_open is not null && _open != head)
            throw new ProtocolException($"a part of generation {head.Generation} comes amid generation {_open.Generation}");
        _open = head;
        if (part.Removed is not null)
            _removed.MergeFrom(part.Removed);
        if (part.Added is not null)
            _added.MergeFrom(part.Added);
        if (!part.Last)
            return null;
        var (removed, added) = (_removed, _added);
        (_removed, _added, _open, _generation) = (new(), new(), null, head.Generation);
        try
        {
            return (head, FactsReader.Delta(node, removed, added));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new MalformedUpdateException(head, error.Message);
        }
    }
}
