using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Nftables;

namespace NetPol.Rendering.Tracing;

/// <summary>Evaluates the first packet of a connection against a table as the kernel does. Supports only the rules that this project renders.</summary>
public sealed class PacketTracer(ITableView table)
{
    private const byte EchoRequest = 128;

    // The interface of a pod is in no set of interfaces.
    private const uint PodInterface = 0;

    // No rendered path is longer than ten chains.
    private const int MaxChains = 100;

    private readonly List<string> _steps = [], _counters = [], _logs = [];
    private int _chains;

    private enum Outcome
    {
        Accepted,
        Dropped,
        Returned,
    }

    /// <param name="baseChain">A base chain.</param>
    /// <param name="packet">The connection whose first packet is traced.</param>
    /// <exception cref="UnknownRuleException">The path has a rule that this project does not render, or the chains form a loop.</exception>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    public TracedPacket Trace(string baseChain, Connection packet)
    {
        _steps.Clear();
        _counters.Clear();
        _logs.Clear();
        _chains = 0;
        var outcome = Run(baseChain, packet);
        return new(outcome != Outcome.Dropped, [.. _steps], [.. _counters], [.. _logs]);
    }

    private Outcome Run(string chain, Connection packet)
    {
        if (_chains++ > MaxChains)
            throw new UnknownRuleException($"the chains form a loop through {chain}");
        foreach (var rule in table.Rules(chain))
        {
            if (Run(chain, rule, packet) is not { } verdict)
                continue;
            _steps.Add($"{chain}: {rule}{(rule.Statements[^1] is Statement.VerdictMap ? $" : {verdict}" : "")}");
            switch (verdict.Code)
            {
                case VerdictCode.Accept:
                    return Outcome.Accepted;
                case VerdictCode.Drop:
                    return Outcome.Dropped;
                case VerdictCode.Return:
                    return Outcome.Returned;
                case VerdictCode.Goto:
                    return Run(verdict.Chain!, packet);
                case VerdictCode.Jump when Run(verdict.Chain!, packet) is var outcome && outcome != Outcome.Returned:
                    return outcome;
                case VerdictCode.Jump:
                    continue;
                default:
                    throw Unknown(chain, rule);
            }
        }
        return Outcome.Returned;
    }

    /// <summary>Returns the verdict; null if a statement does not match, or if the rule has no verdict.</summary>
    private PacketVerdict? Run(string chain, Rule rule, Connection packet)
    {
        foreach (var statement in rule.Statements)
        {
            switch (statement)
            {
                case Statement.CtState:
                    return null; // The packet is new.
                case Statement.FromLoopback:
                    return null; // The packet comes from a pod or from another machine.
                case Statement.NoRouteToSource or Statement.LinkLocalSource:
                    return null; // The packet has its sender's own address.
                case Statement.HasIpOptions or Statement.IpOption or Statement.RoutingSegmentsLeft:
                    return null; // The packet has no options.
                case Statement.IcmpType:
                    return null; // The packet is no ICMP error.
                case Statement.TcpSyn:
                    if (packet.Protocol != Protocol.Tcp)
                        return null;
                    break;
                case Statement.Lookup { Key.First: PacketField.IpFlow or PacketField.Ip6Flow }:
                    return null; // It is a first packet, not one of a removed connection.
                case Statement.IcmpV6Type types:
                    if (packet.Source.Family != IpFamily.V6 || packet.Protocol != Protocol.IcmpV6 || EchoRequest < types.First || EchoRequest > types.Last)
                        return null;
                    break;
                case Statement.Lookup inSet:
                    if (Find(inSet.Set, inSet.Key, packet) is null != inSet.Inverted)
                        return null;
                    break;
                case Statement.Limit:
                    break; // One packet is within every rate.
                case Statement.Log log:
                    _logs.Add(log.Prefix);
                    break;
                case Statement.NamedCounter count:
                    if (table.Counter(count.Counter) is null)
                        throw new UnknownRuleException($"{chain}: {rule}: there is no such counter");
                    _counters.Add(count.Counter);
                    break;
                case Statement.VerdictMap map:
                    return Find(map.Map, map.Key, packet)?.Verdict;
                case Statement.Verdict decide:
                    return decide.Value;
                default:
                    throw Unknown(chain, rule);
            }
        }
        return null;
    }

    private Element? Find(string set, LookupKey fields, Connection packet)
    {
        if (Load(fields.First, packet) is not { } first)
            return null;
        UInt128? second = fields.Second is { } field ? Load(field, packet) : 0;
        return second is null ? null : table.Find(set, fields.Type, first, second.Value);
    }

    private static UInt128? Load(PacketField field, Connection packet) => field switch
    {
        PacketField.IpSaddr => ValueIn(packet.Source, IpFamily.V4),
        PacketField.IpDaddr => ValueIn(packet.Destination, IpFamily.V4),
        PacketField.Ip6Saddr => ValueIn(packet.Source, IpFamily.V6),
        PacketField.Ip6Daddr => ValueIn(packet.Destination, IpFamily.V6),
        PacketField.L4Proto => (byte)packet.Protocol,
        PacketField.NfProto => packet.Source.Family == IpFamily.V4 ? NfProto.Ipv4 : NfProto.Ipv6,
        PacketField.ThDport => packet.Port,
        PacketField.Iif => PodInterface,
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };

    private static UInt128? ValueIn(IpAddress address, IpFamily family) => address.Family == family ? address.Value : null;

    private static UnknownRuleException Unknown(string chain, Rule rule) => new($"{chain}: {rule}: this is not a rule of NetPol");
}

/// <summary>The path of a packet through a base chain, in order.</summary>
/// <param name="Passes">Whether no rule drops it.</param>
/// <param name="Steps">The rules that jumped or gave a verdict, each with its chain, in nft syntax.</param>
/// <param name="Counters">The counters that count it.</param>
/// <param name="Logs">The log prefixes.</param>
public sealed record TracedPacket(bool Passes, IReadOnlyList<string> Steps, IReadOnlyList<string> Counters, IReadOnlyList<string> Logs);

/// <summary>The path has a rule that NetPol does not write, so the verdict is unknown.</summary>
public sealed class UnknownRuleException(string message) : Exception(message);
