using NetPol.Compiler.Flattening;
using NetPol.Compiler.Reaching;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Comparing;

/// <summary>What an address is in two worlds: its number as a peer, and those of its groups as a subject.</summary>
internal readonly record struct Sides(int OldPeer, int OldEgress, int OldIngress, int NewPeer, int NewEgress, int NewIngress)
{
    /// <summary>No address of the family in one of the worlds, or in both.</summary>
    public static Sides Absent { get; } = new(-1, 0, 0, -1, 0, 0);

    public bool IsPresent => OldPeer >= 0;

    public static Sides OfPod(PolicyWorld before, IpAddress old, PolicyWorld after, IpAddress now) => new(
        before.Peer(old), Group(before, old, Direction.Egress), Group(before, old, Direction.Ingress),
        after.Peer(now), Group(after, now, Direction.Egress), Group(after, now, Direction.Ingress));

    /// <summary>The sides of an address that nobody judges as a subject.</summary>
    public static Sides OfPeer(int old, int now) => new(old, SideTable.Nobody, SideTable.Nobody, now, SideTable.Nobody, SideTable.Nobody);

    private static int Group(PolicyWorld world, IpAddress address, Direction direction) =>
        world.Side(direction).Add(world.Subject(address, direction, Scope.Others));
}
