using System.Net;
using System.Runtime.InteropServices;

namespace NetPol.Netlink.Routing;

/// <summary>The next hops inside a route message (linux/rtnetlink.h, <c>struct rtnexthop</c> and <c>struct rtvia</c>).</summary>
internal static class RouteHop
{
    // u16 length, u8 flags, u8 weight, s32 link.
    private const int HeaderSize = 8;
    private const int LinkOffset = 4;
    private const int FamilySize = 2;

    /// <summary>The route once for each hop in <paramref name="hops"/>.</summary>
    /// <exception cref="NetlinkFormatException">A hop is shorter than its header or longer than what is left.</exception>
    public static List<Route> ReadAll(Route route, ReadOnlySpan<byte> hops)
    {
        var routes = new List<Route>();
        while (!hops.IsEmpty)
        {
            if (hops.Length < HeaderSize)
                throw new NetlinkFormatException($"a next hop needs {HeaderSize} bytes, {hops.Length} are left");
            int length = MemoryMarshal.Read<ushort>(hops);
            if (length < HeaderSize || length > hops.Length)
                throw new NetlinkFormatException($"a next hop says it has {length} bytes, {hops.Length} are left");
            var one = route with { Interface = MemoryMarshal.Read<int>(hops[LinkOffset..]) };
            var attributes = new AttributeReader(hops[HeaderSize..length]);
            while (attributes.Next())
                one = one.With(attributes);
            routes.Add(one);
            hops = hops[Math.Min(MessageWriter.Align(length), hops.Length)..];
        }
        return routes;
    }

    /// <summary>A gateway of a family of its own: the family in two bytes, then the address.</summary>
    public static IPAddress ReadVia(AttributeReader attribute) => attribute.Value.Length is FamilySize + 4 or FamilySize + 16
        ? new(attribute.Value[FamilySize..])
        : throw new NetlinkFormatException($"a gateway with a family has {attribute.Value.Length} bytes");
}
