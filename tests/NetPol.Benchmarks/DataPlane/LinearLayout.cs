using System.Text;

namespace NetPol.Benchmarks.DataPlane;

/// <summary>
/// The rival: the same policies as most engines write them, a chain per policy and direction and a set per selector, walked one by one
/// until a policy accepts. As text for <c>nft -f</c>.
/// </summary>
internal static class LinearLayout
{
    public static string Write(PolicyWorld world)
    {
        var text = new StringBuilder("table inet linear {\n");
        WriteSets(world, text);
        foreach (var (direction, peer) in new[] { ("egress", "daddr"), ("ingress", "saddr") })
        {
            for (var i = 0; i < world.Policies; i++)
            {
                var accepted = direction == "egress" ? "goto judged" : "accept";
                text.Append($"chain {direction}_{i} {{ ip {peer} @group{world.GroupOf(i)} udp dport {10_000 + i} {accepted}\n}}\n");
            }
            text.Append($"chain {direction} {{\n");
            for (var i = 0; i < world.Policies; i++)
                text.Append($"jump {direction}_{i}\n");
            text.Append("drop\n}\n");
        }
        // An egress allow goes on to the ingress side.
        text.Insert("table inet linear {\n".Length, $"chain judged {{ ip daddr {PolicyWorld.Server} goto ingress\n}}\nchain ingress {{ }}\n");
        text.Append("chain forward { type filter hook forward priority filter; policy accept;\n");
        text.Append($"ct state established,related accept\nip saddr {PolicyWorld.Client} jump egress\n}}\n}}\n");
        return text.ToString();
    }

    private static void WriteSets(PolicyWorld world, StringBuilder text)
    {
        var members = Enumerable.Range(0, world.Groups).Select(_ => new List<string>()).ToArray();
        for (var i = 0; i < world.Peers; i++)
            members[world.GroupOfPeer(i)].Add(world.PeerAddress(i).ToString());
        members[world.MeasuredGroup].AddRange([PolicyWorld.Client.ToString(), PolicyWorld.Server.ToString()]);
        for (var g = 0; g < world.Groups; g++)
        {
            text.Append($"set group{g} {{ type ipv4_addr; ");
            if (members[g].Count > 0)
                text.Append($"elements = {{ {string.Join(", ", members[g])} }}");
            text.Append("}\n");
        }
    }
}
