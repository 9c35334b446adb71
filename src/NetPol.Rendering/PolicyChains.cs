using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>The chains and sets that evaluate policies at one enforcement point, in one address family.</summary>
internal sealed class PolicyChains
{
    private static readonly PolicyChains[] Layouts =
        [.. from point in Enum.GetValues<EnforcementPoint>() from family in Enum.GetValues<IpFamily>() select new PolicyChains(point, family)];

    private readonly IpFamily _family;
    private readonly string _prefix;
    private readonly KeyType _address;

    private PolicyChains(EnforcementPoint point, IpFamily family)
    {
        _family = family;
        var name = point switch
        {
            EnforcementPoint.PodEgress => "pod-egress",
            EnforcementPoint.PodIngress => "pod-ingress",
            EnforcementPoint.PodToHost => "pod-to-host",
            _ => throw new ArgumentOutOfRangeException(nameof(point)),
        };
        var v4 = family == IpFamily.V4;
        _prefix = name + (v4 ? "-4" : "-6");
        _address = new(v4 ? KeyField.Ipv4Addr : KeyField.Ipv6Addr);
        var (source, destination) = v4 ? (PacketField.IpSaddr, PacketField.IpDaddr) : (PacketField.Ip6Saddr, PacketField.Ip6Daddr);
        (SubjectField, PeerField) = point == EnforcementPoint.PodIngress ? (new(destination), new(source)) : (new LookupKey(source), new LookupKey(destination));
        PairField = new(source, destination);
        Subjects = new() { Name = $"{_prefix}-subjects", Key = _address };
        Self = point == EnforcementPoint.PodToHost ? null : new() { Name = $"{_prefix}-self", Key = PairField.Type, IsVerdictMap = true };
        Peers = Map("peers");
        Networks = Map("cidrs") with { IsInterval = true };
        Defaults = Map("defaults");
    }

    /// <summary>The chain that evaluates policies for subjects.</summary>
    public string Chain => _prefix;

    public LookupKey SubjectField { get; }

    private LookupKey PeerField { get; }

    private LookupKey PairField { get; }

    /// <summary>The set of subjects: addresses of local pods that policies select.</summary>
    public Set Subjects { get; }

    /// <summary>Null for <see cref="EnforcementPoint.PodToHost"/>: a pod cannot be its own peer there.</summary>
    private Set? Self { get; }

    private Set Peers { get; }

    private Set Networks { get; }

    private Set Defaults { get; }

    /// <summary>In the order of enforcement points, then families.</summary>
    public static IEnumerable<PolicyChains> All => Layouts;

    public static PolicyChains For(EnforcementPoint point, IpFamily family) => Layouts[((int)point * 2) + (int)family];

    /// <summary>Returns the address family of a set that these chains look up; null for any other set. A packet looks up each of these sets once at most.</summary>
    public static IpFamily? FindFamily(string set) => Array.Find(Layouts, l => set.StartsWith(l._prefix, StringComparison.Ordinal))?._family;

    /// <summary>Adds what every table has: the chain and its empty sets.</summary>
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

    public void AddDefault(ObjectCollector to, SubjectPortPolicy fallback)
    {
        to.Add(Subjects, Element.Create(Key(fallback.Subject)));
        to.Add(Defaults, Element.Create(Key(fallback.Subject), PacketVerdict.Goto(ObjectNames.PortPolicy(fallback.PortPolicy))));
    }

    public void AddSelf(ObjectCollector to, SubjectPortPolicy self) =>
        to.Add(Self!, Element.Create(PairField.Type.Key(self.Subject.Value, self.Subject.Value), PacketVerdict.Goto(ObjectNames.PortPolicy(self.PortPolicy))));

    public void AddPeer(ObjectCollector to, PeerAddress peer) =>
        to.Add(Peers, Element.Create(Key(peer.Address), PacketVerdict.Goto(IdentityName(peer.Identity))));

    public void AddNetwork(ObjectCollector to, PeerNetwork network) =>
        to.Add(Networks, new Element(Key(network.Range.First), Key(network.Range.Last), PacketVerdict.Goto(IdentityName(network.Identity))));

    public void AddPolicyEntry(ObjectCollector to, PolicyEntry entry) =>
        to.Add(IdentityMap(entry.Identity), Element.Create(Key(entry.Subject), PacketVerdict.Goto(ObjectNames.PortPolicy(entry.PortPolicy))));

    /// <summary>Adds the map and the chain of a peer identity. A subject without a policy entry goes to its default.</summary>
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
