using NetPol.Model.Net;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>Drops packets of unready local pods in one address family.</summary>
internal sealed class UnreadyPodChains
{
    public const string CounterComment = "drop: the pod is not ready: its policies are not programmed";

    private static readonly UnreadyPodChains[] Layouts = [new(IpFamily.V4), new(IpFamily.V6)];

    private readonly KeyType _address;
    private readonly LookupKey _source;
    private readonly LookupKey _destination;
    private readonly Set _podCidrs;
    private readonly Set _readyPods;
    private readonly string _sourceChain;
    private readonly string _destinationChain;

    private UnreadyPodChains(IpFamily family)
    {
        var v4 = family == IpFamily.V4;
        var suffix = v4 ? "-4" : "-6";
        _address = new(v4 ? KeyField.Ipv4Addr : KeyField.Ipv6Addr);
        _source = new(v4 ? PacketField.IpSaddr : PacketField.Ip6Saddr);
        _destination = new(v4 ? PacketField.IpDaddr : PacketField.Ip6Daddr);
        _podCidrs = new() { Name = "pod-cidrs" + suffix, Key = _address, IsInterval = true };
        _readyPods = new() { Name = "ready-pods" + suffix, Key = _address };
        _sourceChain = "unready-source" + suffix;
        _destinationChain = "unready-destination" + suffix;
    }

    public static IEnumerable<UnreadyPodChains> All => Layouts;

    public static UnreadyPodChains For(IpFamily family) => Layouts[(int)family];

    /// <summary>Adds the empty sets, and for each direction the chain that returns for ready pods.</summary>
    public void AddBase(ObjectCollector to)
    {
        to.Add(_podCidrs);
        to.Add(_readyPods);
        to.Add(Chain(_sourceChain, _source));
        to.Add(Chain(_destinationChain, _destination));
    }

    /// <summary>Returns the rule that drops packets from an unready pod.</summary>
    public Rule DropUnreadySource() => JumpRule(_source, _sourceChain);

    /// <summary>Returns the rules that drop packets from and to an unready pod.</summary>
    public IEnumerable<Rule> DropUnreadyEnds() => [DropUnreadySource(), JumpRule(_destination, _destinationChain)];

    /// <summary>Returns a rule that matches packets from a ready pod of this node.</summary>
    public Rule FromReadyPod(PacketVerdict verdict) => new(new Statement.Lookup(_source, _readyPods.Name), new Statement.Verdict(verdict));

    /// <summary>Returns a rule that matches packets from an address of the node's pod CIDRs, of a ready pod or not.</summary>
    public Rule FromPodCidr(PacketVerdict verdict) => new(new Statement.Lookup(_source, _podCidrs.Name), new Statement.Verdict(verdict));

    public void AddPodCidr(ObjectCollector to, Cidr network) => to.Add(_podCidrs, new Element(Key(network.Network), Key(network.Last), default));

    public void AddReadyPod(ObjectCollector to, IpAddress pod) => to.Add(_readyPods, Element.Create(Key(pod)));

    private Rule JumpRule(LookupKey field, string chain) =>
        new(new Statement.Lookup(field, _podCidrs.Name), new Statement.Verdict(PacketVerdict.Jump(chain)));

    private ChainState Chain(string name, LookupKey field) => new(
        new(name),
        [
            new(new Statement.Lookup(field, _readyPods.Name), new Statement.Verdict(PacketVerdict.Return)),
            new(new Statement.NamedCounter(ObjectNames.Unready), new Statement.Verdict(PacketVerdict.Drop)),
        ]);

    private ElementKey Key(IpAddress address) => _address.Key(address.Value);
}
