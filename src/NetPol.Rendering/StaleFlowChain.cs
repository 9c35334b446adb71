using NetPol.Model.Net;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// Drops packets of stale connections that the agent removed. Without it, a packet of the far end would start the connection again in reverse. The agent adds
/// elements to the sets; each times out after <see cref="MaxAge"/> at most.
/// </summary>
public static class StaleFlowChain
{
    internal const string Chain = "stale-flows";

    private const string Counter = "stale-flows";
    private const string CounterComment = "drop: packets of stale connections that were removed";

    private static readonly (Set Set, LookupKey Key)[] Flows = [Flow(IpFamily.V4, PacketField.IpFlow), Flow(IpFamily.V6, PacketField.Ip6Flow)];

    private static readonly LookupKey L4Proto = new(PacketField.L4Proto);

    private static readonly Set MidstreamProtocols = new() { Name = MidstreamSet, Key = L4Proto.Type, HasTimeouts = true, Size = 1 };

    /// <summary>The size of each set of stale flows, in flows of one family.</summary>
    public static int MaxFlows => 65_536;

    /// <summary>
    /// The longest time that a flow stays in its set. Linux gives up a TCP connection 924 s after the first packet without acknowledgment, plus one interval of at most
    /// 120 s (ip-sysctl, tcp_retries2 = 15). After that the far end does not send a packet again.
    /// </summary>
    public static TimeSpan MaxAge => TimeSpan.FromMinutes(18);

    /// <summary>
    /// The set that the agent uses when a family has more than <see cref="MaxFlows"/> stale flows. Its key is the protocol. While TCP is in it, TCP packets that neither
    /// start a connection nor belong to one are dropped.
    /// </summary>
    public static string MidstreamSet => "midstream";

    /// <summary>Returns the name of the set of dropped flows. Its key is source, destination, protocol, source port and destination port.</summary>
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
                // A SYN starts a new connection: policies evaluate it.
                new(new Statement.TcpSyn(), new Statement.Verdict(PacketVerdict.Return)),
                .. Flows.Select(flow => Drop(flow.Key, flow.Set)),
                Drop(L4Proto, MidstreamProtocols),
            ]));
    }

    /// <summary>Returns the rule that jumps to the chain.</summary>
    internal static Rule JumpRule() => new(new Statement.Verdict(PacketVerdict.Jump(Chain)));

    private static Rule Drop(LookupKey key, Set set) => new(new Statement.Lookup(key, set.Name), new Statement.NamedCounter(Counter), new Statement.Verdict(PacketVerdict.Drop));

    private static (Set Set, LookupKey Key) Flow(IpFamily family, PacketField field)
    {
        var key = new LookupKey(field);
        return (new() { Name = SetName(family), Key = key.Type, HasTimeouts = true, Size = (uint)MaxFlows }, key);
    }
}
