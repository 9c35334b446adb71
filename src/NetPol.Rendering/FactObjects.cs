using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Nftables;
using NetPol.Rendering.Counting;

namespace NetPol.Rendering;

/// <summary>
/// The kernel objects of each fact of a rule set. No two facts share an object, so a rule set is the union of its facts, and a
/// difference of rule sets is a difference of objects.
/// </summary>
internal static class FactObjects
{
    /// <summary>A decision: a counter, and a chain that counts and decides, and before that hands the packet over when it is logged.</summary>
    public static void Add(ObjectCollector to, Decision decision, FlowLogSettings logs)
    {
        var name = Names.Decision(decision.Id);
        var comment = CommentText.From($"{decision.Direction.ToString().ToLowerInvariant()}: {decision}");
        // What is allowed goes on: to be judged as ingress, or to the end.
        var verdict = decision.Verdict == Verdict.Deny ? PacketVerdict.Drop : PacketVerdict.Return;
        to.Add(new Counter(name, comment, CounterTag.Of(decision).ToString()));
        Statement[] ends = [new Statement.Count(name), new Statement.Decide(verdict)];
        Rule[] rules = logs.Covers(decision)
            ? [
                new([new Statement.Limit(logs.PerSecond, logs.Burst), new Statement.Log(name, logs.Group, FlowLogSettings.SnapLength), .. ends]),
                new([new Statement.Count(Names.Unlogged), .. ends]),
            ]
            : [new(ends)];
        to.Add(new ChainState(new(name, Comment: comment), rules));
    }

    /// <summary>A profile: a chain that looks the port up, as cheaply as its cells allow, and else goes on to the decision for the rest.</summary>
    public static void Add(ObjectCollector to, PortProfile profile)
    {
        var (protocol, port) = (new LookupKey(PacketField.L4Proto), new LookupKey(PacketField.L4Proto, PacketField.ThDport));
        var protocols = new Set { Name = Names.Protocols(profile.Id), Key = protocol.Type, IsVerdictMap = true };
        var ports = new Set { Name = Names.Profile(profile.Id), Key = port.Type, IsVerdictMap = true };
        var ranges = new Set { Name = Names.Ranges(profile.Id), Key = port.Type, IsVerdictMap = true, IsInterval = true };
        List<Rule> rules = [];
        foreach (var (set, key) in ((Set, LookupKey)[])[(ports, port), (protocols, protocol), (ranges, port)])
        {
            var elements = profile.Cells.Where(c => ReferenceEquals(set, SetOf(c))).Select(Element).ToArray();
            if (elements.Length == 0)
                continue;
            to.Add(set);
            foreach (var element in elements)
                to.Add(set, element);
            rules.Add(new(new Statement.VerdictMap(key, set.Name)));
        }
        rules.Add(new(new Statement.Decide(PacketVerdict.Goto(Names.Decision(profile.Otherwise)))));
        to.Add(new ChainState(new(Names.Profile(profile.Id)), rules));

        Set SetOf(PortCell cell) => cell.Ports == PortRange.All ? protocols : cell.Ports.First == cell.Ports.Last ? ports : ranges;

        Element Element(PortCell cell)
        {
            var verdict = PacketVerdict.Goto(Names.Decision(cell.Decision));
            return cell.Ports == PortRange.All
                ? Nftables.Element.Of(protocol.Type.Key((byte)cell.Protocol), verdict)
                : new(port.Type.Key((byte)cell.Protocol, cell.Ports.First), port.Type.Key((byte)cell.Protocol, cell.Ports.Last), verdict);
        }
    }

    /// <summary>A class: its map and chain, in both families.</summary>
    public static void Add(ObjectCollector to, Hook hook, ClassId id)
    {
        HookLayout.For(hook, IpFamily.V4).AddClass(to, id);
        HookLayout.For(hook, IpFamily.V6).AddClass(to, id);
    }

    public static void Add(ObjectCollector to, Cidr podNetwork) => HoldLayout.For(podNetwork.Network.Family).AddNetwork(to, podNetwork);

    public static void Add(ObjectCollector to, IpAddress knownPod)
    {
        HoldLayout.For(knownPod.Family).AddKnown(to, knownPod);
        SourceValidation.AddPod(to, knownPod);
    }

    public static void AddRest(ObjectCollector to, Hook hook, SubjectProfile rest) => HookLayout.For(hook, rest.Subject.Family).AddRest(to, rest);

    public static void AddSelf(ObjectCollector to, Hook hook, SubjectProfile self) => HookLayout.For(hook, self.Subject.Family).AddSelf(to, self);

    public static void Add(ObjectCollector to, Hook hook, PeerAddress peer) => HookLayout.For(hook, peer.Address.Family).AddPeer(to, peer);

    public static void Add(ObjectCollector to, Hook hook, PeerNetwork network) => HookLayout.For(hook, network.Range.First.Family).AddNetwork(to, network);

    public static void Add(ObjectCollector to, Hook hook, ClassCell cell) => HookLayout.For(hook, cell.Subject.Family).AddCell(to, cell);
}
