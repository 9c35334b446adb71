namespace NetPol.Model.Rules;

/// <summary>
/// A function from (protocol, destination port) to a decision; all its decisions are of one direction. It names decisions by their ids, and its own
/// id is the hash of what it holds.
/// </summary>
public sealed record PortProfile
{
    /// <param name="cells">Disjoint, in order; adjacent ranges with the same decision are joined, and none decides as <paramref name="otherwise"/> does.</param>
    /// <param name="otherwise">The decision for every other port and for every protocol without ports.</param>
    public PortProfile(ValueArray<PortCell> cells, DecisionId otherwise)
    {
        Cells = cells;
        Otherwise = otherwise;
        Id = new(Canonical().Hash());
    }

    public ProfileId Id { get; }

    public ValueArray<PortCell> Cells { get; }

    public DecisionId Otherwise { get; }

    /// <param name="protocol">The protocol.</param>
    /// <param name="port">The destination port; not looked at for a protocol without ports.</param>
    public DecisionId Decide(Protocol protocol, ushort port)
    {
        foreach (var cell in Cells)
        {
            if (cell.Protocol == protocol && cell.Ports.Contains(port))
                return cell.Decision;
        }
        return Otherwise;
    }

    /// <summary>The ports whose decision is one of those asked for.</summary>
    public PortSet PortsWhere(Func<DecisionId, bool> isAskedFor)
    {
        var listed = Cells.Aggregate(PortSet.Nothing, (all, cell) => all.Or(PortSet.Of(cell.Protocol, cell.Ports)));
        var found = isAskedFor(Otherwise) ? PortSet.Everything.Except(listed) : PortSet.Nothing;
        return Cells.Where(cell => isAskedFor(cell.Decision)).Aggregate(found, (all, cell) => all.Or(PortSet.Of(cell.Protocol, cell.Ports)));
    }

    private CanonicalText Canonical()
    {
        var text = new CanonicalText("profile").Add(Cells.Count);
        foreach (var cell in Cells)
            text.Add((byte)cell.Protocol).Add(cell.Ports.First).Add(cell.Ports.Last).Add(cell.Decision.ToString());
        return text.Add(Otherwise.ToString());
    }
}
