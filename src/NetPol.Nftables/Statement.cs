namespace NetPol.Nftables;

/// <summary>One step of a rule. As text, what nft writes for it. The nested types are all there are.</summary>
public abstract record Statement
{
    private Statement()
    {
    }

    /// <summary>Goes on for packets whose connection is in one of the states.</summary>
    public sealed record CtState(CtStates States) : Statement
    {
        public override string ToString() => "ct state " + string.Join(',', Names());

        private IEnumerable<string> Names()
        {
            if (States.HasFlag(CtStates.Established))
                yield return "established";
            if (States.HasFlag(CtStates.Related))
                yield return "related";
        }
    }

    /// <summary>Goes on for packets that came in by the loopback interface.</summary>
    public sealed record FromLoopback : Statement
    {
        public override string ToString() => "iif \"lo\"";
    }

    /// <summary>Goes on for ICMPv6 packets whose type lies between the two, both included.</summary>
    public sealed record IcmpV6Type(byte First, byte Last) : Statement
    {
        public override string ToString() => First == Last ? $"icmpv6 type {First}" : $"icmpv6 type {First}-{Last}";
    }

    /// <summary>Goes on for packets whose key is in the set.</summary>
    public sealed record InSet(LookupKey Key, string Set) : Statement
    {
        public override string ToString() => $"{Key} @{Set}";
    }

    /// <summary>Does what the map says for the packet's key; goes on with the next rule when it says nothing. The last statement of its rule.</summary>
    public sealed record VerdictMap(LookupKey Key, string Map) : Statement
    {
        public override string ToString() => $"{Key} vmap @{Map}";
    }

    /// <summary>Counts the packet under a named counter.</summary>
    public sealed record Count(string Counter) : Statement
    {
        public override string ToString() => $"counter name \"{Counter}\"";
    }

    /// <summary>A step that is not written here and was found in the kernel: someone else's rule, which equals none of ours.</summary>
    public sealed record Foreign(string Description) : Statement
    {
        public override string ToString() => Description;
    }

    /// <summary>Ends the rule. The last statement of its rule.</summary>
    public sealed record Decide(PacketVerdict Verdict) : Statement
    {
        public override string ToString() => Verdict.ToString();
    }
}
