namespace NetPol.Model.Policies;

/// <summary>Destination ports of a rule. A rule matches when any entry matches.</summary>
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
    /// A named port, resolved on the destination pod. If <paramref name="Protocol"/> is null (admin kinds), the container port determines the protocol.
    /// Otherwise name and protocol must both match.
    /// </summary>
    public sealed record Named(Protocol? Protocol, string Name) : PortMatch
    {
        public override string ToString() => Protocol is { } p ? $"{Name}/{p.Name()}" : Name;
    }

    /// <summary>
    /// An unknown entry, or one that the API forbids in its place, such as a named port beside networks. It fails closed: an Allow rule with it matches
    /// nothing, and a Deny or Pass rule denies all ports and protocols for the rule's peers.
    /// </summary>
    public sealed record Unknown(string Description) : PortMatch
    {
        public override string ToString() => $"unknown port ({Description})";
    }
}
