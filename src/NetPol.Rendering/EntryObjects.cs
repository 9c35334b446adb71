using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// Adds the kernel objects of each entry of a rule set. No two entries share an object. So a table is the union of the objects of its entries, and the
/// difference of two rule sets is the difference of their objects.
/// </summary>
internal static class EntryObjects
{
    /// <summary>Adds a decision: its counter, and a chain that logs if requested, counts, and gives the verdict.</summary>
    public static void Add(ObjectCollector to, Decision decision, FlowLogSettings logs)
    {
        var name = ObjectNames.Decision(decision.Id);
        var comment = CommentText.From($"{decision.Direction.ToString().ToLowerInvariant()}: {decision}");
        // Allowed packets return: from egress to ingress, or to the end of the base chain.
        var verdict = decision.Verdict == Verdict.Deny ? PacketVerdict.Drop : PacketVerdict.Return;
        to.Add(new Counter(name, comment, CounterTag.Create(decision).ToString()));
        Statement[] ends = [new Statement.NamedCounter(name), new Statement.Verdict(verdict)];
        Rule[] rules = logs.Covers(decision)
            ? [
                new([new Statement.Limit(logs.PerSecond, logs.Burst), new Statement.Log(name, logs.Group, FlowLogSettings.SnapLength), .. ends]),
                new([new Statement.NamedCounter(ObjectNames.Unlogged), .. ends]),
            ]
            : [new(ends)];
        to.Add(new ChainState(new(name, Comment: comment), rules));
    }

    /// <summary>Adds a port policy: its maps, and a chain that looks up the port and then goes to the default decision.</summary>
    public static void Add(ObjectCollector to, PortPolicy portPolicy)
    {
        var (protocol, port) = (new LookupKey(PacketField.L4Proto), new LookupKey(PacketField.L4Proto, PacketField.ThDport));
        var protocols = new Set { Name = ObjectNames.Protocols(portPolicy.Id), Key = protocol.Type, IsVerdictMap = true };
        var ports = new Set { Name = ObjectNames.PortPolicy(portPolicy.Id), Key = port.Type, IsVerdictMap = true };
        var ranges = new Set { Name = ObjectNames.Ranges(portPolicy.Id), Key = port.Type, IsVerdictMap = true, IsInterval = true };
        List<Rule> rules = [];
        foreach (var (set, key) in ((Set, LookupKey)[])[(ports, port), (protocols, protocol), (ranges, port)])
        {
            var elements = portPolicy.Entries.Where(c => ReferenceEquals(set, SetOf(c))).Select(Element).ToArray();
            if (elements.Length == 0)
                continue;
            to.Add(set);
            foreach (var element in elements)
                to.Add(set, element);
            rules.Add(new(new Statement.VerdictMap(key, set.Name)));
        }
        rules.Add(new(new Statement.Verdict(PacketVerdict.Goto(ObjectNames.Decision(portPolicy.Default)))));
        to.Add(new ChainState(new(ObjectNames.PortPolicy(portPolicy.Id)), rules));

        Set SetOf(PortEntry entry) => entry.Ports == PortRange.All ? protocols : entry.Ports.First == entry.Ports.Last ? ports : ranges;

        Element Element(PortEntry entry)
        {
            var verdict = PacketVerdict.Goto(ObjectNames.Decision(entry.Decision));
            return entry.Ports == PortRange.All
                ? Nftables.Element.Create(protocol.Type.Key((byte)entry.Protocol), verdict)
                : new(port.Type.Key((byte)entry.Protocol, entry.Ports.First), port.Type.Key((byte)entry.Protocol, entry.Ports.Last), verdict);
        }
    }

    /// <summary>Adds a peer identity: its map and chain, in both families.</summary>
    public static void Add(ObjectCollector to, EnforcementPoint point, PeerIdentity id)
    {
        PolicyChains.For(point, IpFamily.V4).AddPeerIdentity(to, id);
        PolicyChains.For(point, IpFamily.V6).AddPeerIdentity(to, id);
    }

    public static void Add(ObjectCollector to, Cidr podCidr) => UnreadyPodChains.For(podCidr.Network.Family).AddPodCidr(to, podCidr);

    public static void Add(ObjectCollector to, IpAddress readyPod)
    {
        UnreadyPodChains.For(readyPod.Family).AddReadyPod(to, readyPod);
        SourceValidation.AddPod(to, readyPod);
    }

    public static void AddDefault(ObjectCollector to, EnforcementPoint point, SubjectPortPolicy fallback) => PolicyChains.For(point, fallback.Subject.Family).AddDefault(to, fallback);

    public static void AddSelf(ObjectCollector to, EnforcementPoint point, SubjectPortPolicy self) => PolicyChains.For(point, self.Subject.Family).AddSelf(to, self);

    public static void Add(ObjectCollector to, EnforcementPoint point, PeerAddress peer) => PolicyChains.For(point, peer.Address.Family).AddPeer(to, peer);

    public static void Add(ObjectCollector to, EnforcementPoint point, PeerNetwork network) => PolicyChains.For(point, network.Range.First.Family).AddNetwork(to, network);

    public static void Add(ObjectCollector to, EnforcementPoint point, PolicyEntry entry) => PolicyChains.For(point, entry.Subject.Family).AddPolicyEntry(to, entry);
}

/// <summary>
/// Collects the kernel objects of entries: counters, sets, chains, and elements of sets that may belong to another entry.
/// </summary>
internal sealed class ObjectCollector
{
    private readonly Dictionary<string, (Set Set, List<Element> Elements)> _elements = new(StringComparer.Ordinal);

    public Dictionary<string, Counter> Counters { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, Set> Sets { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, ChainState> Chains { get; } = new(StringComparer.Ordinal);

    /// <summary>The sets with collected elements, in order of name. Some are not in <see cref="Sets"/>.</summary>
    public IEnumerable<SetState> Elements => _elements.OrderBy(e => e.Key, StringComparer.Ordinal)
        .Select(e => new SetState(e.Value.Set, ElementList.Create(e.Value.Elements)));

    public void Add(Counter counter) => Counters.Add(counter.Name, counter);

    public void Add(Set set) => Sets.Add(set.Name, set);

    public void Add(ChainState chain) => Chains.Add(chain.Chain.Name, chain);

    public void Add(Set set, Element element)
    {
        if (!_elements.TryGetValue(set.Name, out var entry))
            _elements.Add(set.Name, entry = (set, []));
        entry.Elements.Add(element);
    }

    public ElementList ElementsOf(string set) => _elements.TryGetValue(set, out var entry) ? ElementList.Create(entry.Elements) : ElementList.Empty;
}
