using System.Net;

namespace NetPol.Nftables.Tests;

/// <summary>A table with every kind of object and statement that NetPol can write.</summary>
internal static class Shapes
{
    public const string Table = "npt";

    public static KeyType V4 { get; } = new(KeyField.Ipv4Addr);

    public static KeyType V6 { get; } = new(KeyField.Ipv6Addr);

    public static KeyType Ports { get; } = new(KeyField.InetProto, KeyField.InetService);

    public static KeyType Granted { get; } = new(KeyField.IfaceIndex, KeyField.Ipv4Addr);

    public static TableState All { get; } = new(
        Table,
        "every shape",
        [new("c_1", "counts"), new("c_2")],
        [
            new(new() { Name = "plain", Key = V4, Comment = "a set" }, ElementList.Create([Element.Create(Key("10.0.0.1")), Element.Create(Key("255.255.255.255"))])),
            new(new() { Name = "plain6", Key = V6 }, ElementList.Create([Element.Create(Key("fd00::1"))])),
            new(Map("peers", V4) with { Comment = "a map" }, ElementList.Create(
            [
                Element.Create(Key("10.0.0.1"), PacketVerdict.Goto("v_1")), Element.Create(Key("10.0.0.2"), PacketVerdict.Jump("v_2")),
                Element.Create(Key("10.0.0.3"), PacketVerdict.Accept), Element.Create(Key("10.0.0.4"), PacketVerdict.Drop), Element.Create(Key("10.0.0.5"), PacketVerdict.Return),
            ])),
            new(Map("pairs", new(KeyField.Ipv4Addr, KeyField.Ipv4Addr)), ElementList.Create([Element.Create(Pair("10.0.0.1", "10.0.0.2"), PacketVerdict.Drop)])),
            new(Map("pairs6", new(KeyField.Ipv6Addr, KeyField.Ipv6Addr)), ElementList.Create([Element.Create(Pair("fd00::1", "fd00::2"), PacketVerdict.Drop)])),
            new(Map("nets", V4) with { IsInterval = true }, ElementList.Create(
            [
                Range("0.0.0.0", "9.255.255.255"), Range("10.0.0.0", "10.0.0.255"), Range("10.0.1.0", "10.0.1.0"), Range("10.0.1.2", "10.0.1.9"),
                Range("255.255.255.255", "255.255.255.255"),
            ])),
            new(Map("middle", V4) with { IsInterval = true }, ElementList.Create([Range("10.0.0.0", "10.0.0.255"), Range("192.168.0.0", "255.255.255.254")])),
            new(Map("empty", V4) with { IsInterval = true }, ElementList.Empty),
            new(Map("nets6", V6) with { IsInterval = true }, ElementList.Create([Range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")])),
            new(Map("nets6b", V6) with { IsInterval = true }, ElementList.Create([Range("::1", "::9"), Range("ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")])),
            new(new() { Name = "interfaces", Key = new(KeyField.IfaceIndex) }, ElementList.Create([Element.Create(new KeyType(KeyField.IfaceIndex).Key(4711)), Element.Create(new KeyType(KeyField.IfaceIndex).Key(4712))])),
            new(new() { Name = "granted", Key = Granted, IsInterval = true }, ElementList.Create([new(Granted.Key(4711, 0x0a000000), Granted.Key(4711, 0x0affffff), default), new(Granted.Key(4712, 0x0a000000), Granted.Key(4712, 0x0a000000), default)])),
            new(new() { Name = "granted6", Key = new(KeyField.IfaceIndex, KeyField.Ipv6Addr), IsInterval = true }, ElementList.Empty),
            new(new() { Name = "ends", Key = new(KeyField.Ipv4Addr, KeyField.Ipv4Addr) }, ElementList.Empty),
            new(new() { Name = "ends6", Key = new(KeyField.Ipv6Addr, KeyField.Ipv6Addr) }, ElementList.Empty),
            new(new() { Name = "flows", Key = new(KeyField.Ipv4Flow), HasTimeouts = true }, ElementList.Empty),
            new(new() { Name = "few", Key = new(KeyField.Ipv4Addr), Size = 7 }, ElementList.Empty),
            new(new() { Name = "fewflows", Key = new(KeyField.Ipv4Flow), HasTimeouts = true, Size = 65536 }, ElementList.Empty),
            new(new() { Name = "flows6", Key = new(KeyField.Ipv6Flow), HasTimeouts = true }, ElementList.Empty),
            new(Map("protocols", new(KeyField.InetProto)), ElementList.Create([Element.Create(new KeyType(KeyField.InetProto).Key(132), PacketVerdict.Goto("v_1"))])),
            new(new() { Name = "families", Key = new(KeyField.NfProto) }, ElementList.Create([Element.Create(new KeyType(KeyField.NfProto).Key(NfProto.Ipv4)), Element.Create(new KeyType(KeyField.NfProto).Key(NfProto.Ipv6))])),
            new(Map("ports", Ports), ElementList.Create([Element.Create(Ports.Key(6, 80), PacketVerdict.Goto("v_1")), Element.Create(Ports.Key(17, 53), PacketVerdict.Goto("v_2"))])),
            new(Map("ranges", Ports) with { IsInterval = true }, ElementList.Create(
            [
                new(Ports.Key(6, 80), Ports.Key(6, 90), PacketVerdict.Goto("v_1")), new(Ports.Key(17, 0), Ports.Key(17, 65535), PacketVerdict.Goto("v_2")),
                new(Ports.Key(6, 91), Ports.Key(6, 91), PacketVerdict.Goto("v_2")),
            ])),
        ],
        [
            new(new("v_1", Comment: "deny by NetworkPolicy a/b"), new Rule(new Statement.NamedCounter("c_1"), new Statement.Verdict(PacketVerdict.Drop))),
            new(
                new("v_log"),
                new Rule(new Statement.Limit(10, 20), new Statement.Log("v_log", 9473, 64), new Statement.NamedCounter("c_1"), new Statement.Verdict(PacketVerdict.Drop)),
                new Rule(new Statement.NamedCounter("c_2"), new Statement.Verdict(PacketVerdict.Drop))),
            new(new("v_2"), new Rule(new Statement.NamedCounter("c_2"), new Statement.Verdict(PacketVerdict.Return)) { Comment = "a rule" }),
            new(new("policies"), Lookups().Append(new(new Statement.Verdict(PacketVerdict.Goto("v_1"))))),
            new(
                new("forward", new(BaseHook.Forward, 0), "hooked"),
                new Rule(new Statement.CtState(ConntrackStates.Established | ConntrackStates.Related), new Statement.Verdict(PacketVerdict.Accept)),
                new Rule(new Statement.FromLoopback(), new Statement.Verdict(PacketVerdict.Accept)),
                new Rule(new Statement.IcmpV6Type(133, 137), new Statement.Verdict(PacketVerdict.Accept)),
                new Rule(new Statement.NoRouteToSource(ByInputInterface: true), new Statement.Verdict(PacketVerdict.Jump("v_2"))),
                new Rule(new Statement.NoRouteToSource(ByInputInterface: false), new Statement.Verdict(PacketVerdict.Return)),
                new Rule(new Statement.HasIpOptions(), new Statement.Verdict(PacketVerdict.Jump("v_2"))),
                new Rule(new Statement.IpOption(IpOptionType.LooseSourceRoute), new Statement.Verdict(PacketVerdict.Drop)),
                new Rule(new Statement.IpOption(IpOptionType.StrictSourceRoute), new Statement.Verdict(PacketVerdict.Drop)),
                new Rule(new Statement.RoutingSegmentsLeft(), new Statement.Verdict(PacketVerdict.Drop)),
                new Rule(new Statement.LinkLocalSource(), new Statement.Verdict(PacketVerdict.Drop)),
                new Rule(new Statement.HopLimitBelow255(), new Statement.Verdict(PacketVerdict.Return)),
                new Rule(new Statement.IcmpType(3, 3), new Statement.Verdict(PacketVerdict.Accept)),
                new Rule(new Statement.IcmpType(11, 12), new Statement.Verdict(PacketVerdict.Accept)),
                new Rule(new Statement.Lookup(new(PacketField.Iif), "interfaces"), new Statement.Verdict(PacketVerdict.Return)),
                new Rule(new Statement.Lookup(new(PacketField.Iif), "interfaces", Inverted: true), new Statement.Verdict(PacketVerdict.Return)),
                new Rule(new Statement.Lookup(new(PacketField.FibSaddrOif), "interfaces"), new Statement.Verdict(PacketVerdict.Return)),
                new Rule(new Statement.Lookup(new(PacketField.Iif, PacketField.IpSaddr), "granted"), new Statement.Verdict(PacketVerdict.Return)),
                new Rule(new Statement.Lookup(new(PacketField.Iif, PacketField.Ip6Saddr), "granted6"), new Statement.Verdict(PacketVerdict.Return)),
                new Rule(new Statement.Lookup(new(PacketField.IpSaddr, PacketField.CtOriginalIpSaddr), "ends"), new Statement.Verdict(PacketVerdict.Accept)),
                new Rule(new Statement.Lookup(new(PacketField.IpSaddr, PacketField.CtReplyIpSaddr), "ends"), new Statement.Verdict(PacketVerdict.Accept)),
                new Rule(new Statement.Lookup(new(PacketField.Ip6Saddr, PacketField.CtOriginalIp6Saddr), "ends6"), new Statement.Verdict(PacketVerdict.Accept)),
                new Rule(new Statement.Lookup(new(PacketField.Ip6Saddr, PacketField.CtReplyIp6Saddr), "ends6"), new Statement.Verdict(PacketVerdict.Accept)),
                new Rule(new Statement.TcpSyn(), new Statement.Verdict(PacketVerdict.Jump("v_2"))),
                new Rule(new Statement.Lookup(new(PacketField.IpFlow), "flows"), new Statement.NamedCounter("c_1"), new Statement.Verdict(PacketVerdict.Drop)),
                new Rule(new Statement.Lookup(new(PacketField.Ip6Flow), "flows6"), new Statement.Verdict(PacketVerdict.Drop)),
                new Rule(new Statement.Lookup(new(PacketField.NfProto), "families"), new Statement.Verdict(PacketVerdict.Return)),
                new Rule(new Statement.IcmpV6Type(128, 128), new Statement.Verdict(PacketVerdict.Accept)),
                new Rule(new Statement.Lookup(new(PacketField.IpSaddr), "plain"), new Statement.Verdict(PacketVerdict.Jump("policies"))),
                new Rule(new Statement.Lookup(new(PacketField.Ip6Daddr), "plain6"), new Statement.Verdict(PacketVerdict.Goto("policies")))),
            new(new("input", new(BaseHook.Input, -5)), new Rule(new Statement.CtState(ConntrackStates.Related), new Statement.Verdict(PacketVerdict.Accept))),
        ]);

    /// <summary>Creates a table that does not exist yet.</summary>
    public static Transaction Create(TableState table) => new(table.Name,
    [
        new Operation.AddTable(table.Comment),
        .. table.Counters.Values.Select(c => new Operation.AddCounter(c)),
        .. table.Chains.Values.Select(c => new Operation.AddChain(c.Chain)),
        .. table.Sets.Values.Select(s => new Operation.AddSet(s.Set)),
        .. table.Sets.Values.Where(s => s.Elements.Count > 0).Select(s => new Operation.AddElements(s.Set, s.Elements)),
        .. table.Chains.Values.SelectMany(c => c.Rules.Select(r => new Operation.AddRule(c.Chain.Name, r))),
    ]);

    public static Set Map(string name, KeyType key) => new() { Name = name, Key = key, IsVerdictMap = true };

    public static ElementKey Key(string address) => ElementKey.FromBytes(IPAddress.Parse(address).GetAddressBytes());

    public static Element Range(string first, string last) => new(Key(first), Key(last), PacketVerdict.Goto("v_1"));

    private static ElementKey Pair(string first, string second) =>
        ElementKey.FromBytes([.. IPAddress.Parse(first).GetAddressBytes(), .. IPAddress.Parse(second).GetAddressBytes()]);

    private static Rule[] Lookups() =>
    [
        new(new Statement.VerdictMap(new(PacketField.IpSaddr), "peers")),
        new(new Statement.VerdictMap(new(PacketField.IpSaddr, PacketField.IpDaddr), "pairs")),
        new(new Statement.VerdictMap(new(PacketField.Ip6Saddr, PacketField.Ip6Daddr), "pairs6")),
        new(new Statement.VerdictMap(new(PacketField.IpDaddr), "nets")),
        new(new Statement.VerdictMap(new(PacketField.IpDaddr), "middle")),
        new(new Statement.VerdictMap(new(PacketField.IpDaddr), "empty")),
        new(new Statement.VerdictMap(new(PacketField.Ip6Saddr), "nets6")),
        new(new Statement.VerdictMap(new(PacketField.Ip6Daddr), "nets6b")),
        new(new Statement.VerdictMap(new(PacketField.L4Proto), "protocols")),
        new(new Statement.VerdictMap(new(PacketField.L4Proto, PacketField.ThDport), "ports")),
        new(new Statement.VerdictMap(new(PacketField.L4Proto, PacketField.ThDport), "ranges")),
    ];
}
