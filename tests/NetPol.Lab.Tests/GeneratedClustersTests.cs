using CsCheck;
using NetPol.Compiler;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Generation;

namespace NetPol.Lab.Tests;

/// <summary>Generated clusters with real packets: oracle and kernel agree.</summary>
[TestClass]
public sealed class GeneratedClustersTests
{
    private const int Seconds = 45;
    private const int Draws = 400;

    public TestContext TestContext { get; set; } = null!;

    private static Gen<ClusterSample> Clusters { get; } =
        from cluster in Generators.Clusters
        let buildable = GeneratedLabCluster.Buildable(cluster)
        from connections in Generators.Connections(buildable).Array[Draws]
        select new ClusterSample(buildable, GeneratedLabCluster.Speakable(buildable, connections));

    [TestMethod]
    public void Packets_fare_as_the_oracle_says()
    {
        LabFactory.RequireRoot();
        int clusters = 0, allowed = 0, denied = 0;
        Clusters.Sample(
            cluster =>
            {
                var oracle = new PathOracle(cluster.Cluster);
                var expected = cluster.Connections.Select(c => (Connection: c, ExpectAllow: (bool?)(oracle.Evaluate(cluster.Cluster, c) == Verdict.Allow))).ToArray();
                using var lab = PolicyLab.Create(cluster.Cluster, cluster.Connections.SelectMany(c => new[] { c.Source, c.Destination }));
                lab.Load(PolicyCompiler.Compile(cluster.Cluster));
                var seen = lab.Probe(expected, TestContext.CancellationToken);
                clusters++;
                allowed += seen.Count(o => o.Allowed == true);
                denied += seen.Count(o => o.Allowed == false);
                Assert.AreEqual("", string.Join('\n', seen.Where(o => !o.Agrees)));
            },
            time: Seconds,
            threads: 1);
        TestContext.WriteLine($"{clusters} clusters, {allowed} connections seen to pass, {denied} to be dropped");
        Assert.IsGreaterThan(0, allowed);
        Assert.IsGreaterThan(0, denied);
    }
}

/// <summary>Reduces a generated cluster and its connections to those that a lab can build and probe.</summary>
internal static class GeneratedLabCluster
{
    private const int MostOutside = 6;

    /// <summary>
    /// Returns the cluster with an object for every node that runs a pod. Host-network pods stay only on existing nodes, with the addresses of their node.
    /// The agent's view of a cluster may lack these for a moment; a kernel cannot.
    /// </summary>
    public static ClusterSnapshot Buildable(ClusterSnapshot cluster)
    {
        var nodes = cluster.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        foreach (var name in cluster.Pods.Where(p => !p.HostNetwork).Select(p => p.Node).OfType<string>())
            nodes.TryAdd(name, new(name, Labels.None, []));
        var pods = cluster.Pods
            .Where(p => !p.HostNetwork || (p.Node is not null && nodes.ContainsKey(p.Node)))
            .Select(p => p.HostNetwork ? p with { Addresses = nodes[p.Node!].Addresses } : p);
        return ClusterSnapshot.Create(cluster.Namespaces, pods, nodes.Values, cluster.Policies);
    }

    /// <summary>Returns the distinct connections that can be sent, with a pod at one end or both, and few outside hosts.</summary>
    public static IReadOnlyList<Connection> Speakable(ClusterSnapshot cluster, IEnumerable<Connection> connections)
    {
        var owners = PolicyLab.Owners(cluster);
        var inside = owners.Keys.Concat(cluster.Nodes.SelectMany(n => n.AllAddresses)).ToHashSet();
        var outside = new HashSet<IpAddress>();
        var speakable = new List<Connection>();
        foreach (var c in connections.Select(c => c with { IsThroughService = false }).Distinct().Where(IsSpoken))
        {
            if ((owners.ContainsKey(c.Source) || owners.ContainsKey(c.Destination)) && Fits(c.Source) && Fits(c.Destination))
                speakable.Add(c);
        }
        return speakable;

        bool Fits(IpAddress address) =>
            inside.Contains(address) || outside.Contains(address) || (IsHost(address) && outside.Count < MostOutside && outside.Add(address));
    }

    /// <summary>Returns whether the lab of <paramref name="built"/> also fits <paramref name="cluster"/>: nodes and addresses are in the same places, or gone.</summary>
    public static bool IsStillBuilt(ClusterSnapshot built, ClusterSnapshot cluster)
    {
        var places = PolicyLab.Owners(built).ToDictionary(o => o.Key, o => o.Value.Node);
        return built.Nodes.Select(Place).SequenceEqual(cluster.Nodes.Select(Place))
            && PolicyLab.Owners(cluster).All(o => places.TryGetValue(o.Key, out var node) && string.Equals(node, o.Value.Node, StringComparison.Ordinal));

        static (string, ValueArray<IpAddress>) Place(Node node) => (node.Name, node.AllAddresses.Distinct().ToValueArray());
    }

    private static bool IsSpoken(Connection c) => c.Protocol switch
    {
        NetPol.Model.Net.Protocol.Icmp => c.Source.Family == IpFamily.V4,
        NetPol.Model.Net.Protocol.IcmpV6 => c.Source.Family == IpFamily.V6,
        _ => c.Protocol.HasPorts() && c.Port > 0,
    };

    private static bool IsHost(IpAddress address)
    {
        var bytes = address.ToBytes();
        return address.Family == IpFamily.V4 ? bytes[0] is > 0 and < 224 and not 127 : bytes[0] is >= 0x20 and < 0xfe;
    }
}
