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

    /// <summary>Goes on for the packet that asks for a new TCP connection: the flag SYN, and neither ACK, RST nor FIN.</summary>
    public sealed record TcpSyn : Statement
    {
        public override string ToString() => "tcp flags & (fin|syn|rst|ack) == syn";
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

    /// <summary>Goes on for as many packets as the rate allows, and for a burst of them at once; the rule ends for the others.</summary>
    /// <param name="PerSecond">Packets in a second, at least 1.</param>
    /// <param name="Burst">Packets beyond the rate that may come at once, at least 1: nft has a default for 0.</param>
    public sealed record Limit(ulong PerSecond, uint Burst) : Statement
    {
        public override string ToString() => $"limit rate {PerSecond}/second burst {Burst} packets";
    }

    /// <summary>Hands the packet to whoever has bound the log group, and goes on; nothing waits for it.</summary>
    /// <param name="Prefix">What stands before the packet: a name, without quotes.</param>
    /// <param name="Group">The group, of the network namespace.</param>
    /// <param name="SnapLength">Bytes of the packet that are handed over, from its network header on.</param>
    public sealed record Log(string Prefix, ushort Group, uint SnapLength) : Statement
    {
        public override string ToString() => $"log prefix \"{Prefix}\" group {Group} snaplen {SnapLength}";
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
