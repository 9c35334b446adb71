using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Rendering.Tests;

/// <summary>A handwritten rule set: one local pod with every kind of entry.</summary>
internal static class SmallRuleSet
{
    private static readonly PolicyId Team = new(PolicyKind.NetworkPolicy, "shop", "db");
    private static readonly IpAddress Db = IpAddress.Parse("10.0.0.5");
    private static readonly IpAddress Db6 = IpAddress.Parse("fd00::5");

    private static readonly Decision AllowIn = Decision.Restore(Direction.Ingress, Verdict.Allow, Tier.NetworkPolicy, Team, 0, null, []);
    private static readonly Decision DropIn = Decision.ByIsolation(Direction.Ingress, [Team]);
    private static readonly Decision DenyOut = Decision.Restore(
        Direction.Egress, Verdict.Deny, Tier.Admin, new(PolicyKind.AdminNetworkPolicy, "", "lock-down"), 2, "no \"metadata\"", []);

    private static readonly Decision PassOut = Decision.ByDefault(Direction.Egress);

    private static readonly PortPolicy OpenPort = new(
        [
            new(NetPol.Model.Net.Protocol.Tcp, new(5432, 5432), AllowIn.Id), new(NetPol.Model.Net.Protocol.Tcp, new(8000, 8100), AllowIn.Id), new(NetPol.Model.Net.Protocol.Sctp, PortRange.All, AllowIn.Id),
        ],
        DropIn.Id);

    private static readonly PortPolicy Closed = new([], DropIn.Id);
    private static readonly PortPolicy Out = new([], PassOut.Id);
    private static readonly PortPolicy NoOut = new([], DenyOut.Id);

    public static NodeRuleSet Value { get; } = new()
    {
        Node = "n1",
        AllNodeAddresses = [IpAddress.Parse("192.168.0.11"), IpAddress.Parse("fd00:192::11")],
        PodCidrs = [Cidr.Parse("10.0.0.0/24"), Cidr.Parse("fd00::/64")],
        ReadyPods = [Db, Db6],
        Decisions = ((Decision[])[AllowIn, DropIn, DenyOut, PassOut]).OrderBy(d => d.Id).ToValueArray(),
        PortPolicies = ((PortPolicy[])[OpenPort, Closed, Out, NoOut]).OrderBy(p => p.Id).ToValueArray(),
        PodIngress = new()
        {
            Defaults = [new(Db, Closed.Id), new(Db6, Closed.Id)],
            Self = [new(Db, OpenPort.Id)],
            Peers = [new(IpAddress.Parse("10.0.1.1"), new(1)), new(IpAddress.Parse("fd00::1"), new(1))],
            Identities = [new(1)],
            PolicyEntries = [new(new(1), Db, OpenPort.Id), new(new(1), Db6, OpenPort.Id)],
        },
        PodEgress = new()
        {
            Defaults = [new(Db, Out.Id)],
            Networks = [new(Cidr.Parse("169.254.169.254/32").Range, new(2)), new(new(IpAddress.Parse("240.0.0.0"), IpAddress.Parse("255.255.255.255")), new(2))],
            Identities = [new(2)],
            PolicyEntries = [new(new(2), Db, NoOut.Id)],
        },
    };
}
