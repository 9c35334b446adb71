using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Rendering.Tests;

/// <summary>One local pod with every kind of fact, made by hand.</summary>
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

    private static readonly PortProfile OpenPort = new(
        [
            new(Model.Protocol.Tcp, new(5432, 5432), AllowIn.Id), new(Model.Protocol.Tcp, new(8000, 8100), AllowIn.Id), new(Model.Protocol.Sctp, PortRange.All, AllowIn.Id),
        ],
        DropIn.Id);

    private static readonly PortProfile Closed = new([], DropIn.Id);
    private static readonly PortProfile Out = new([], PassOut.Id);
    private static readonly PortProfile NoOut = new([], DenyOut.Id);

    public static NodeRuleSet Value { get; } = new()
    {
        Node = "n1",
        AllNodeAddresses = [IpAddress.Parse("192.168.0.11"), IpAddress.Parse("fd00:192::11")],
        PodNetworks = [Cidr.Parse("10.0.0.0/24"), Cidr.Parse("fd00::/64")],
        KnownPods = [Db, Db6],
        Decisions = ((Decision[])[AllowIn, DropIn, DenyOut, PassOut]).OrderBy(d => d.Id).ToValueArray(),
        Profiles = ((PortProfile[])[OpenPort, Closed, Out, NoOut]).OrderBy(p => p.Id).ToValueArray(),
        Ingress = new()
        {
            Rest = [new(Db, Closed.Id), new(Db6, Closed.Id)],
            Self = [new(Db, OpenPort.Id)],
            Peers = [new(IpAddress.Parse("10.0.1.1"), new(1)), new(IpAddress.Parse("fd00::1"), new(1))],
            Classes = [new(1)],
            Cells = [new(new(1), Db, OpenPort.Id), new(new(1), Db6, OpenPort.Id)],
        },
        Egress = new()
        {
            Rest = [new(Db, Out.Id)],
            Networks = [new(Cidr.Parse("169.254.169.254/32").Range, new(2)), new(new(IpAddress.Parse("240.0.0.0"), IpAddress.Parse("255.255.255.255")), new(2))],
            Classes = [new(2)],
            Cells = [new(new(2), Db, NoOut.Id)],
        },
    };
}
