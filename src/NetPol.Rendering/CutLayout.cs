using NetPol.Model;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// What keeps connections cut that were cut: until the time is over that connection tracking would have remembered them, packets of their
/// far end are dropped, which would be taken for new connections else. Who cuts puts them into the sets.
/// </summary>
public static class CutLayout
{
    internal const string Chain = "cut";

    private const string Counter = "cut";
    private const string CounterComment = "drop: answers of connections that were cut";

    private static readonly (Set Set, LookupKey Key)[] Flows = [Flow(IpFamily.V4, PacketField.IpFlow), Flow(IpFamily.V6, PacketField.Ip6Flow)];

    /// <summary>The set of the answers that are not let through, by source, destination, protocol, source port and destination port.</summary>
    public static string SetName(IpFamily family) => family == IpFamily.V4 ? "cut4" : "cut6";

    internal static void AddSkeleton(ObjectCollector to)
    {
        to.Add(new Counter(Counter, CounterComment));
        foreach (var (set, _) in Flows)
            to.Add(set);
        to.Add(new ChainState(
            new(Chain),
            [
                // It begins anew, and is judged as what it is.
                new(new Statement.TcpSyn(), new Statement.Decide(PacketVerdict.Return)),
                .. Flows.Select(flow => new Rule(new Statement.InSet(flow.Key, flow.Set.Name), new Statement.Count(Counter), new Statement.Decide(PacketVerdict.Drop))),
            ]));
    }

    /// <summary>The rule that looks.</summary>
    internal static Rule Look() => new(new Statement.Decide(PacketVerdict.Jump(Chain)));

    private static (Set Set, LookupKey Key) Flow(IpFamily family, PacketField field)
    {
        var key = new LookupKey(field);
        return (new() { Name = SetName(family), Key = key.Type, HasTimeouts = true }, key);
    }
}
