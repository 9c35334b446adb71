namespace NetPol.Model.Rules;

/// <summary>
/// Maps protocol and destination port to a decision. All decisions have the same direction. The port policy refers to decisions by id, and its own id
/// is a hash of its content.
/// </summary>
public sealed record PortProfile
{
    /// <param name="cells">Disjoint and ordered. Adjacent ranges with the same decision are merged. No entry has the decision of <paramref name="otherwise"/>.</param>
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
    /// <param name="port">The destination port; ignored for a protocol without ports.</param>
    public DecisionId Decide(Protocol protocol, ushort port)
    {
        foreach (var cell in Cells)
        {
            if (cell.Protocol == protocol && cell.Ports.Contains(port))
                return cell.Decision;
        }
        return Otherwise;
    }

    /// <summary>Returns the ports whose decision matches the filter.</summary>
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
