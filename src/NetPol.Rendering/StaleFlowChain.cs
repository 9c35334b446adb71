using NetPol.Model.Net;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// Keeps connections cut that the agent has cut. Without it, a packet of the far end would begin the connection anew in reverse. The agent puts
/// elements into the sets; each leaves by itself after <see cref="MaxAge"/> at most.
/// </summary>
public static class StaleFlowChain
{
    internal const string Chain = "stale-flows";

    private const string Counter = "stale-flows";
    private const string CounterComment = "drop: packets of stale connections that were removed";

    private static readonly (Set Set, LookupKey Key)[] Flows = [Flow(IpFamily.V4, PacketField.IpFlow), Flow(IpFamily.V6, PacketField.Ip6Flow)];

    private static readonly LookupKey L4Proto = new(PacketField.L4Proto);

    private static readonly Set MidstreamProtocols = new() { Name = MidstreamSet, Key = L4Proto.Type, HasTimeouts = true, Size = 1 };

    /// <summary>The most flows of one family that are kept cut one by one.</summary>
    public static int MaxFlows => 65_536;

    /// <summary>
    /// The longest time that a flow is kept cut. Linux gives a TCP connection up 924 s after the first packet that nobody acknowledged, and one interval of at most
    /// 120 s (ip-sysctl, tcp_retries2 = 15): after that the far end sends no packet again.
    /// </summary>
    public static TimeSpan MaxAge => TimeSpan.FromMinutes(18);

    /// <summary>
    /// The set for when a family has more flows than <see cref="MaxFlows"/>: while TCP is in it, a TCP packet that neither begins a connection nor belongs to one is
    /// dropped. Its key is the protocol.
    /// </summary>
    public static string MidstreamSet => "midstream";

    /// <summary>The set of the flows that are dropped, by source, destination, protocol, source port and destination port.</summary>
    public static string SetName(IpFamily family) => family == IpFamily.V4 ? "stale-flows-4" : "stale-flows-6";

    internal static void AddBase(ObjectCollector to)
    {
        to.Add(new Counter(Counter, CounterComment));
        foreach (var (set, _) in Flows)
            to.Add(set);
        to.Add(MidstreamProtocols);
        to.Add(new ChainState(
            new(Chain),
            [
                // It begins anew, and is judged as what it is.
                new(new Statement.TcpSyn(), new Statement.Verdict(PacketVerdict.Return)),
                .. Flows.Select(flow => Drop(flow.Key, flow.Set)),
                Drop(L4Proto, MidstreamProtocols),
            ]));
    }

    /// <summary>The rule that looks.</summary>
    internal static Rule JumpRule() => new(new Statement.Verdict(PacketVerdict.Jump(Chain)));

    private static Rule Drop(LookupKey key, Set set) => new(new Statement.Lookup(key, set.Name), new Statement.NamedCounter(Counter), new Statement.Verdict(PacketVerdict.Drop));

    private static (Set Set, LookupKey Key) Flow(IpFamily family, PacketField field)
    {
        var key = new LookupKey(field);
        return (new() { Name = SetName(family), Key = key.Type, HasTimeouts = true, Size = (uint)MaxFlows }, key);
    }
}
