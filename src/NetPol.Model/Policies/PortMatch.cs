namespace NetPol.Model.Policies;

/// <summary>Destination ports, as a rule names them. A rule matches when any entry does.</summary>
public abstract record PortMatch
{
    private PortMatch()
    {
    }

    /// <summary>Ports by number; <see cref="PortRange.All"/> for every port of the protocol.</summary>
    public sealed record Numbers(Protocol Protocol, PortRange Range) : PortMatch
    {
        public override string ToString() => Range == PortRange.All ? Protocol.Name() : $"{Range}/{Protocol.Name()}";
    }

    /// <summary>
    /// A named port, resolved on the destination pod. <paramref name="Protocol"/> null (admin kinds): the protocol is the container port's;
    /// otherwise name and protocol must both match.
    /// </summary>
    public sealed record Named(Protocol? Protocol, string Name) : PortMatch
    {
        public override string ToString() => Protocol is { } p ? $"{Name}/{p.Name()}" : Name;
    }

    /// <summary>
    /// An entry that we do not understand, or that the API forbids where it stands (a named port beside networks). Fails closed: an Allow
    /// rule with it matches nothing; a Deny or Pass rule becomes a denial of all ports and protocols (for the rule's peers).
    /// </summary>
    public sealed record Unknown(string Description) : PortMatch
    {
        public override string ToString() => $"unknown port ({Description})";
    }
}
