using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Nftables;

namespace NetPol.Rendering.Tests;

/// <summary>
/// Walks the first packet of a connection through a table as the kernel does. Knows only the shapes that it was written for: anything
/// else fails.
/// </summary>
internal sealed class PacketTracer(TableState table)
{
    private const byte EchoRequest = 128;
    private readonly Dictionary<string, ILookup<ElementKey, Element>> _exact = table.Sets.Values.Where(s => !s.Set.IsInterval)
        .ToDictionary(s => s.Set.Name, s => s.Elements.ToLookup(e => e.First), StringComparer.Ordinal);

    private enum Fate
    {
        Accepted,
        Dropped,
        Returned,
    }

    /// <summary>Whether the packet passes the base chain, the counters that count it, and what is logged before it, in order.</summary>
    public (bool Passes, IReadOnlyList<string> Counters, IReadOnlyList<string> Logs) Trace(string baseChain, Connection packet)
    {
        Assert.IsNotNull(table.Chains[baseChain].Chain.Base, baseChain);
        List<string> counters = [], logs = [];
        return (Run(baseChain, packet, (counters, logs)) != Fate.Dropped, counters, logs);
    }

    private Fate Run(string chain, Connection packet, (List<string> Counters, List<string> Logs) seen)
    {
        foreach (var rule in table.Chains[chain].Rules)
        {
            var verdict = Run(rule, packet, seen);
            switch (verdict?.Code)
            {
                case null:
                    continue;
                case VerdictCode.Accept:
                    return Fate.Accepted;
                case VerdictCode.Drop:
                    return Fate.Dropped;
                case VerdictCode.Return:
                    return Fate.Returned;
                case VerdictCode.Goto:
                    return Run(verdict.Value.Chain!, packet, seen);
                case VerdictCode.Jump:
                    var fate = Run(verdict.Value.Chain!, packet, seen);
                    if (fate != Fate.Returned)
                        return fate;
                    continue;
                default:
                    throw new AssertFailedException($"unknown verdict {verdict} in {rule}");
            }
        }
        return Fate.Returned;
    }

    /// <summary>Null when the rule does not match to its end, or ends without a verdict.</summary>
    private PacketVerdict? Run(Rule rule, Connection packet, (List<string> Counters, List<string> Logs) seen)
    {
        foreach (var statement in rule.Statements)
        {
            switch (statement)
            {
                case Statement.CtState:
                    return null; // The packet is new.
                case Statement.FromLoopback:
                    return null; // The packet comes from a pod or from another machine.
                case Statement.TcpSyn:
                    if (packet.Protocol != Protocol.Tcp)
                        return null;
                    break;
                case Statement.InSet inSet when table.Sets[inSet.Set].Set.HasTimeouts:
                    return null; // What is in it is no part of the table, and no connection was cut.
                case Statement.IcmpV6Type types:
                    if (packet.Source.Family != IpFamily.V6 || packet.Protocol != Protocol.IcmpV6 || EchoRequest < types.First || EchoRequest > types.Last)
                        return null;
                    break;
                case Statement.InSet inSet:
                    if (Find(inSet.Set, inSet.Key, packet) is null)
                        return null;
                    break;
                case Statement.Limit:
                    break; // One packet is within every rate.
                case Statement.Log log:
                    seen.Logs.Add(log.Prefix);
                    break;
                case Statement.Count count:
                    Assert.IsTrue(table.Counters.ContainsKey(count.Counter), count.Counter);
                    seen.Counters.Add(count.Counter);
                    break;
                case Statement.VerdictMap map:
                    return Find(map.Map, map.Key, packet)?.Verdict;
                case Statement.Decide decide:
                    return decide.Verdict;
                default:
                    throw new AssertFailedException($"unknown statement {statement} in {rule}");
            }
        }
        return null;
    }

    private Element? Find(string name, LookupKey fields, Connection packet)
    {
        var set = table.Sets[name];
        Assert.AreEqual(set.Set.Key, fields.Type, name);
        if (Load(fields.First, packet) is not { } first)
            return null;
        UInt128? second = fields.Second is { } field ? Load(field, packet) : 0;
        if (second is null)
            return null;
        var key = fields.Second is null ? fields.Type.Key(first) : fields.Type.Key(first, second.Value);
        if (!set.Set.IsInterval)
            return _exact[name][key].Select(e => (Element?)e).SingleOrDefault();
        return set.Elements.Where(e => Lies(first, second.Value, set.Set.Key.Values(e.First), set.Set.Key.Values(e.Last))).Select(e => (Element?)e).SingleOrDefault();
    }

    private static bool Lies(UInt128 first, UInt128 second, (UInt128 First, UInt128 Second) from, (UInt128 First, UInt128 Second) to) =>
        from.First <= first && first <= to.First && from.Second <= second && second <= to.Second;

    private static UInt128? Load(PacketField field, Connection packet) => field switch
    {
        PacketField.IpSaddr => Of(packet.Source, IpFamily.V4),
        PacketField.IpDaddr => Of(packet.Destination, IpFamily.V4),
        PacketField.Ip6Saddr => Of(packet.Source, IpFamily.V6),
        PacketField.Ip6Daddr => Of(packet.Destination, IpFamily.V6),
        PacketField.L4Proto => (byte)packet.Protocol,
        PacketField.ThDport => packet.Port,
        _ => throw new AssertFailedException($"unknown field {field}"),
    };

    private static UInt128? Of(IpAddress address, IpFamily family) => address.Family == family ? address.Value : null;
}
