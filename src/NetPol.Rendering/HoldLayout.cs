using NetPol.Model;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>What holds the local pods that are not known yet, in one address family.</summary>
internal sealed class HoldLayout
{
    public const string CounterComment = "drop: the pod is not ready: its policies are not programmed";

    private static readonly HoldLayout[] Layouts = [new(IpFamily.V4), new(IpFamily.V6)];

    private readonly KeyType _address;
    private readonly LookupKey _source;
    private readonly LookupKey _destination;
    private readonly Set _networks;
    private readonly Set _known;
    private readonly string _sender;
    private readonly string _receiver;

    private HoldLayout(IpFamily family)
    {
        var v4 = family == IpFamily.V4;
        var suffix = v4 ? "-4" : "-6";
        _address = new(v4 ? KeyField.Ipv4Addr : KeyField.Ipv6Addr);
        _source = new(v4 ? PacketField.IpSaddr : PacketField.Ip6Saddr);
        _destination = new(v4 ? PacketField.IpDaddr : PacketField.Ip6Daddr);
        _networks = new() { Name = "pod-cidrs" + suffix, Key = _address, IsInterval = true };
        _known = new() { Name = "ready-pods" + suffix, Key = _address };
        _sender = "unready-source" + suffix;
        _receiver = "unready-destination" + suffix;
    }

    public static IEnumerable<HoldLayout> All => Layouts;

    public static HoldLayout For(IpFamily family) => Layouts[(int)family];

    /// <summary>The sets, empty, and for each side the chain that lets known pods return.</summary>
    public void AddSkeleton(ObjectCollector to)
    {
        to.Add(_networks);
        to.Add(_known);
        to.Add(Chain(_sender, _source));
        to.Add(Chain(_receiver, _destination));
    }

    /// <summary>The rule that stops a held sender.</summary>
    public Rule Sender() => Look(_source, _sender);

    /// <summary>The rules that stop a held sender and a held receiver.</summary>
    public IEnumerable<Rule> Both() => [Sender(), Look(_destination, _receiver)];

    /// <summary>A rule for what a known pod of this node sends.</summary>
    public Rule FromKnownPod(PacketVerdict verdict) => new(new Statement.InSet(_source, _known.Name), new Statement.Decide(verdict));

    public void AddNetwork(ObjectCollector to, Cidr network) => to.Add(_networks, new Element(Key(network.Network), Key(network.Last), default));

    public void AddKnown(ObjectCollector to, IpAddress pod) => to.Add(_known, Element.Of(Key(pod)));

    private Rule Look(LookupKey field, string chain) =>
        new(new Statement.InSet(field, _networks.Name), new Statement.Decide(PacketVerdict.Jump(chain)));

    private ChainState Chain(string name, LookupKey field) => new(
        new(name),
        [
            new(new Statement.InSet(field, _known.Name), new Statement.Decide(PacketVerdict.Return)),
            new(new Statement.Count(Names.Held), new Statement.Decide(PacketVerdict.Drop)),
        ]);

    private ElementKey Key(IpAddress address) => _address.Key(address.Value);
}
