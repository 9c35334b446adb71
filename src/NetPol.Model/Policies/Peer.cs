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
