using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>The names and fixed shapes of everything that judges for one hook and address family.</summary>
internal sealed class HookLayout
{
    private static readonly HookLayout[] Layouts =
        [.. from hook in Enum.GetValues<Hook>() from family in Enum.GetValues<IpFamily>() select new HookLayout(hook, family)];

    private readonly IpFamily _family;
    private readonly string _prefix;
    private readonly KeyType _address;

    private HookLayout(Hook hook, IpFamily family)
    {
        _family = family;
        var name = hook switch
        {
            Hook.Egress => "pod-egress",
            Hook.Ingress => "pod-ingress",
            Hook.EgressToNode => "pod-to-host",
            _ => throw new ArgumentOutOfRangeException(nameof(hook)),
        };
        var v4 = family == IpFamily.V4;
        _prefix = name + (v4 ? "-4" : "-6");
        _address = new(v4 ? KeyField.Ipv4Addr : KeyField.Ipv6Addr);
        var (source, destination) = v4 ? (PacketField.IpSaddr, PacketField.IpDaddr) : (PacketField.Ip6Saddr, PacketField.Ip6Daddr);
        (SubjectField, PeerField) = hook == Hook.Ingress ? (new(destination), new(source)) : (new LookupKey(source), new LookupKey(destination));
        PairField = new(source, destination);
        Subjects = new() { Name = $"{_prefix}-subjects", Key = _address };
        Self = hook == Hook.EgressToNode ? null : new() { Name = $"{_prefix}-self", Key = PairField.Type, IsVerdictMap = true };
        Peers = Map("peers");
        Networks = Map("cidrs") with { IsInterval = true };
        Rest = Map("defaults");
    }

    /// <summary>The chain that judges subjects.</summary>
    public string Chain => _prefix;

    public LookupKey SubjectField { get; }

    private LookupKey PeerField { get; }

    private LookupKey PairField { get; }

    /// <summary>The local addresses that are judged.</summary>
    public Set Subjects { get; }

    /// <summary>Null where a pod cannot meet itself: on the way to its node.</summary>
    private Set? Self { get; }

    private Set Peers { get; }

    private Set Networks { get; }

    private Set Rest { get; }

    /// <summary>In the order of hooks, then families.</summary>
    public static IEnumerable<HookLayout> All => Layouts;

    public static HookLayout For(Hook hook, IpFamily family) => Layouts[((int)hook * 2) + (int)family];

    /// <summary>What is there without any fact: the judging chain and its empty sets.</summary>
    public void AddSkeleton(ObjectCollector to)
    {
        foreach (var set in (Set?[])[Subjects, Self, Peers, Networks, Rest])
        {
            if (set is not null)
                to.Add(set);
        }
        Rule[] self = Self is null ? [] : [new(new Statement.VerdictMap(PairField, Self.Name))];
        to.Add(new ChainState(
            new(Chain),
            [
                .. self,
                new(new Statement.VerdictMap(PeerField, Peers.Name)),
                new(new Statement.VerdictMap(PeerField, Networks.Name)),
                RestRule,
            ]));
    }

    public void AddRest(ObjectCollector to, SubjectProfile rest)
    {
        to.Add(Subjects, Element.Of(Key(rest.Subject)));
        to.Add(Rest, Element.Of(Key(rest.Subject), PacketVerdict.Goto(Names.Profile(rest.Profile))));
    }

    public void AddSelf(ObjectCollector to, SubjectProfile self) =>
        to.Add(Self!, Element.Of(PairField.Type.Key(self.Subject.Value, self.Subject.Value), PacketVerdict.Goto(Names.Profile(self.Profile))));

    public void AddPeer(ObjectCollector to, PeerAddress peer) =>
        to.Add(Peers, Element.Of(Key(peer.Address), PacketVerdict.Goto(ClassName(peer.Class))));

    public void AddNetwork(ObjectCollector to, PeerNetwork network) =>
        to.Add(Networks, new Element(Key(network.Range.First), Key(network.Range.Last), PacketVerdict.Goto(ClassName(network.Class))));

    public void AddCell(ObjectCollector to, ClassCell cell) =>
        to.Add(ClassMap(cell.Class), Element.Of(Key(cell.Subject), PacketVerdict.Goto(Names.Profile(cell.Profile))));

    /// <summary>A class's own map and chain: a subject without a cell goes to its rest.</summary>
    public void AddClass(ObjectCollector to, ClassId id)
    {
        var map = ClassMap(id);
        to.Add(map);
        to.Add(new ChainState(new(map.Name), new Rule(new Statement.VerdictMap(SubjectField, map.Name)), RestRule));
    }

    private Rule RestRule => new(new Statement.VerdictMap(SubjectField, Rest.Name));

    private Set ClassMap(ClassId id) => new() { Name = ClassName(id), Key = _address, IsVerdictMap = true };

    private string ClassName(ClassId id) => $"{_prefix}-identity-{id}";

    private Set Map(string name) => new() { Name = $"{_prefix}-{name}", Key = _address, IsVerdictMap = true };

    private ElementKey Key(IpAddress address) => address.Family == _family
        ? _address.Key(address.Value)
        : throw new InvalidOperationException($"{address} is not of the family {_family}");
}
