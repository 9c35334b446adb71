using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>The names and fixed shapes of everything that judges for one hook and address family.</summary>
internal sealed class PolicyChains
{
    private static readonly PolicyChains[] Layouts =
        [.. from hook in Enum.GetValues<EnforcementPoint>() from family in Enum.GetValues<IpFamily>() select new PolicyChains(hook, family)];

    private readonly IpFamily _family;
    private readonly string _prefix;
    private readonly KeyType _address;

    private PolicyChains(EnforcementPoint hook, IpFamily family)
    {
        _family = family;
        var name = hook switch
        {
            EnforcementPoint.PodEgress => "pod-egress",
            EnforcementPoint.PodIngress => "pod-ingress",
            EnforcementPoint.PodToHost => "pod-to-host",
            _ => throw new ArgumentOutOfRangeException(nameof(hook)),
        };
        var v4 = family == IpFamily.V4;
        _prefix = name + (v4 ? "-4" : "-6");
        _address = new(v4 ? KeyField.Ipv4Addr : KeyField.Ipv6Addr);
        var (source, destination) = v4 ? (PacketField.IpSaddr, PacketField.IpDaddr) : (PacketField.Ip6Saddr, PacketField.Ip6Daddr);
        (SubjectField, PeerField) = hook == EnforcementPoint.PodIngress ? (new(destination), new(source)) : (new LookupKey(source), new LookupKey(destination));
        PairField = new(source, destination);
        Subjects = new() { Name = $"{_prefix}-subjects", Key = _address };
        Self = hook == EnforcementPoint.PodToHost ? null : new() { Name = $"{_prefix}-self", Key = PairField.Type, IsVerdictMap = true };
        Peers = Map("peers");
        Networks = Map("cidrs") with { IsInterval = true };
        Defaults = Map("defaults");
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

    private Set Defaults { get; }

    /// <summary>In the order of hooks, then families.</summary>
    public static IEnumerable<PolicyChains> All => Layouts;

    public static PolicyChains For(EnforcementPoint hook, IpFamily family) => Layouts[((int)hook * 2) + (int)family];

    /// <summary>What is there without any fact: the judging chain and its empty sets.</summary>
    public void AddBase(ObjectCollector to)
    {
        foreach (var set in (Set?[])[Subjects, Self, Peers, Networks, Defaults])
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
                DefaultRule,
            ]));
    }

    public void AddDefault(ObjectCollector to, SubjectPortPolicy rest)
    {
        to.Add(Subjects, Element.Create(Key(rest.Subject)));
        to.Add(Defaults, Element.Create(Key(rest.Subject), PacketVerdict.Goto(ObjectNames.PortPolicy(rest.PortPolicy))));
    }

    public void AddSelf(ObjectCollector to, SubjectPortPolicy self) =>
        to.Add(Self!, Element.Create(PairField.Type.Key(self.Subject.Value, self.Subject.Value), PacketVerdict.Goto(ObjectNames.PortPolicy(self.PortPolicy))));

    public void AddPeer(ObjectCollector to, PeerAddress peer) =>
        to.Add(Peers, Element.Create(Key(peer.Address), PacketVerdict.Goto(IdentityName(peer.Identity))));

    public void AddNetwork(ObjectCollector to, PeerNetwork network) =>
        to.Add(Networks, new Element(Key(network.Range.First), Key(network.Range.Last), PacketVerdict.Goto(IdentityName(network.Identity))));

    public void AddPolicyEntry(ObjectCollector to, PolicyEntry entry) =>
        to.Add(IdentityMap(entry.Identity), Element.Create(Key(entry.Subject), PacketVerdict.Goto(ObjectNames.PortPolicy(entry.PortPolicy))));

    /// <summary>A class's own map and chain: a subject without a cell goes to its rest.</summary>
    public void AddPeerIdentity(ObjectCollector to, PeerIdentity id)
    {
        var map = IdentityMap(id);
        to.Add(map);
        to.Add(new ChainState(new(map.Name), new Rule(new Statement.VerdictMap(SubjectField, map.Name)), DefaultRule));
    }

    private Rule DefaultRule => new(new Statement.VerdictMap(SubjectField, Defaults.Name));

    private Set IdentityMap(PeerIdentity id) => new() { Name = IdentityName(id), Key = _address, IsVerdictMap = true };

    private string IdentityName(PeerIdentity id) => $"{_prefix}-identity-{id}";

    private Set Map(string name) => new() { Name = $"{_prefix}-{name}", Key = _address, IsVerdictMap = true };

    private ElementKey Key(IpAddress address) => address.Family == _family
        ? _address.Key(address.Value)
        : throw new InvalidOperationException($"{address} is not of the family {_family}");
}
