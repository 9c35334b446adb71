using System.Text;

namespace NetPol.Benchmarks.DataPlane;

/// <summary>
/// The rival: the same policies as most engines write them, a chain per policy and direction and a set per selector, walked one by one
/// until a policy accepts. As text for <c>nft -f</c>.
/// </summary>
internal static class LinearRuleset
{
    public static string Write(MeasuredCluster cluster)
    {
        var text = new StringBuilder("table inet linear {\n");
        WriteSets(cluster, text);
        foreach (var (direction, peer) in new[] { ("egress", "daddr"), ("ingress", "saddr") })
        {
            for (var i = 0; i < cluster.Policies; i++)
            {
                var accepted = direction == "egress" ? "goto evaluated" : "accept";
                text.Append($"chain {direction}_{i} {{ ip {peer} @group{cluster.GroupOf(i)} udp dport {10_000 + i} {accepted}\n}}\n");
            }
            text.Append($"chain {direction} {{\n");
            for (var i = 0; i < cluster.Policies; i++)
                text.Append($"jump {direction}_{i}\n");
            text.Append("drop\n}\n");
        }
        // An egress allow goes on to the ingress side.
        text.Insert("table inet linear {\n".Length, $"chain evaluated {{ ip daddr {MeasuredCluster.Server} goto ingress\n}}\nchain ingress {{ }}\n");
        text.Append("chain forward { type filter hook forward priority filter; policy accept;\n");
        text.Append($"ct state established,related accept\nip saddr {MeasuredCluster.Client} jump egress\n}}\n}}\n");
        return text.ToString();
    }

    private static void WriteSets(MeasuredCluster cluster, StringBuilder text)
    {
        var members = Enumerable.Range(0, cluster.Groups).Select(_ => new List<string>()).ToArray();
        for (var i = 0; i < cluster.Peers; i++)
            members[cluster.GroupOfPeer(i)].Add(cluster.PeerAddress(i).ToString());
        members[cluster.MeasuredGroup].AddRange([MeasuredCluster.Client.ToString(), MeasuredCluster.Server.ToString()]);
        for (var g = 0; g < cluster.Groups; g++)
        {
            text.Append($"set group{g} {{ type ipv4_addr; ");
            if (members[g].Count > 0)
                text.Append($"elements = {{ {string.Join(", ", members[g])} }}");
            text.Append("}\n");
        }
    }
}
