using NetPol.Model.Net;

namespace NetPol.Model.Policies;

/// <summary>A peer of a rule: the other end of a connection. A rule matches when any of its peers matches.</summary>
public abstract record Peer
{
    private Peer()
    {
    }

    /// <summary>Every peer: <c>from</c> or <c>to</c> of a NetworkPolicy is missing or empty.</summary>
    public sealed record Any : Peer
    {
        public override string ToString() => "anyone";
    }

    /// <summary>Pods by selectors.</summary>
    public sealed record Pods(PodSelection Selection) : Peer
    {
        public override string ToString() => Selection.ToString();
    }

    /// <summary>Addresses, including those of pods: an <c>ipBlock</c> with its exceptions, or one of <c>networks</c>.</summary>
    public sealed record Network(Cidr Cidr, ValueArray<Cidr> Except = default) : Peer
    {
        public bool Contains(IpAddress address)
        {
            foreach (var except in Except)
            {
                if (except.Contains(address))
                    return false;
            }
            return Cidr.Contains(address);
        }

        public override string ToString() => Except.IsEmpty ? $"network {Cidr}" : $"network {Cidr} except {string.Join(',', Except)}";
    }

    /// <summary>Every address of the selected nodes. Egress of the admin kinds only.</summary>
    public sealed record Nodes(LabelSelector Selector) : Peer
    {
        public override string ToString() => $"nodes {Selector}";
    }

    /// <summary>Domain names of an Allow rule. Not yet enforced: matches nothing.</summary>
    public sealed record DomainNames(ValueArray<string> Names) : Peer
    {
        public override string ToString() => $"domain names {string.Join(',', Names)}";
    }

    /// <summary>
    /// An unknown peer, such as a field of a newer API. It fails closed: an Allow rule with such a peer matches nothing, and a Deny or Pass rule denies
    /// every peer on the rule's ports.
    /// </summary>
    public sealed record Unknown(string Description) : Peer
    {
        public override string ToString() => $"unknown peer ({Description})";
    }
}

/// <summary>
/// Pods by namespace and labels. Pods in the host's network are never selected, finished pods only as subjects. Pods of an unknown namespace match no
/// namespace selector, but they match <paramref name="Namespace"/>.
/// </summary>
/// <param name="Namespace">Exactly this namespace if not null. Then <paramref name="Namespaces"/> is Everything and ignored.</param>
/// <param name="Namespaces">Selects namespaces by their labels.</param>
/// <param name="Pods">Selects pods in them by their labels.</param>
public sealed record PodSelection(string? Namespace, LabelSelector Namespaces, LabelSelector Pods)
{
    public static PodSelection InNamespace(string name, LabelSelector pods) => new(name, LabelSelector.Everything, pods);

    public static PodSelection InNamespaces(LabelSelector namespaces, LabelSelector? pods = null) =>
        new(null, namespaces, pods ?? LabelSelector.Everything);

    public override string ToString() => Namespace is null ? $"pods {Pods} in namespaces {Namespaces}" : $"pods {Pods} in {Namespace}";
}

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
