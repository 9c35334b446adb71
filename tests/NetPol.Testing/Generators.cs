using CsCheck;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Testing;

/// <summary>
/// Small clusters in which much happens: few labels, addresses and ports, so that selectors hit, networks cut between pods and policies
/// contradict each other.
/// </summary>
public static class Generators
{
    private static readonly Protocol[] OtherProtocols = [Protocol.Icmp, Protocol.IcmpV6, (Protocol)47];

    /// <summary>Up to 4 namespaces, 12 pods, 3 nodes and 12 policies of all kinds, in both families.</summary>
    public static Gen<ClusterSnapshot> Worlds { get; } = Gen.Select(
        ClusterGenerators.Namespaces, ClusterGenerators.Pods, ClusterGenerators.Nodes, PolicyGenerators.Policies,
        ClusterSnapshot.Create);

    /// <summary>A random change, for walks: something is added, changed or removed.</summary>
    public static Gen<Step> Steps => StepGenerators.Any;

    /// <summary>A node gets the addresses of a pod. Such worlds can be compiled; what they mean nobody says.</summary>
    public static Gen<Step> SharedAddressSteps => StepGenerators.OfSharedAddresses;

    /// <summary>Changes of pods alone.</summary>
    public static Gen<Step> PodSteps => StepGenerators.OfPods;

    /// <summary>Pods that come, or become others under their names.</summary>
    public static Gen<Step> PutPodSteps => StepGenerators.OfPutPods;

    /// <summary>A pod gets a hundred labels that nothing had before, besides those that selectors ask for.</summary>
    public static Gen<Step> MuchLabelledPodSteps => StepGenerators.OfMuchLabelledPods;

    /// <summary>
    /// A connection worth judging: between addresses of pods, nodes, edges of the policies' networks and their neighbours, and outside;
    /// a pod with itself; to declared ports, edges of ranges and their neighbours; protocols with and without ports.
    /// </summary>
    public static Gen<Connection> Connections(ClusterSnapshot cluster)
    {
        var ports = Gen.OneOf(InterestingPorts(cluster));
        var declared = cluster.Pods.SelectMany(p => p.Ports).Select(p => (p.Protocol, p.Number)).Append((Protocol.Tcp, (ushort)80)).ToArray();
        var services = Gen.Frequency<(Protocol Protocol, ushort Port)>(
            (4, Gen.OneOf(declared)),
            (4, Gen.Select(Vocabulary.PortProtocol, ports)),
            (1, Gen.OneOf(OtherProtocols).Select(p => (p, (ushort)0))));
        return
            from family in Gen.OneOf(IpFamily.V4, IpFamily.V6)
            let addresses = Addresses(cluster, family)
            from source in addresses
            from destination in Gen.Frequency<IpAddress>((1, Gen.Const(source)), (12, addresses))
            from service in services
            from isThroughService in Gen.Bool
            select new Connection(source, destination, service.Protocol, service.Port) { IsThroughService = isThroughService };
    }

    /// <summary>Pods' addresses most of all.</summary>
    private static Gen<IpAddress> Addresses(ClusterSnapshot cluster, IpFamily family)
    {
        var kinds = new List<(int, IGen<IpAddress>)> { (1, Vocabulary.OutsideAddress.Where(a => a.Family == family)) };
        Offer(12, cluster.Pods.SelectMany(p => p.Addresses));
        Offer(2, cluster.Nodes.SelectMany(n => n.AllAddresses));
        Offer(1, Vocabulary.Nodes.Select(n => Vocabulary.BridgeAddress(n, family == IpFamily.V6)));
        Offer(2, Networks(cluster).SelectMany(c => Around(c.Range)));
        return Gen.Frequency([.. kinds]);

        void Offer(int often, IEnumerable<IpAddress> addresses)
        {
            var distinct = addresses.Where(a => a.Family == family).Distinct().ToArray();
            if (distinct.Length > 0)
                kinds.Add((often, Gen.OneOf(distinct)));
        }
    }

    private static ushort[] InterestingPorts(ClusterSnapshot cluster)
    {
        var declared = cluster.Pods.SelectMany(p => p.Ports).Select(p => p.Number);
        var edges = AllRules(cluster).SelectMany(r => r.Ports ?? []).OfType<PortMatch.Numbers>()
            .SelectMany(n => new[] { n.Range.First - 1, n.Range.First, n.Range.Last, n.Range.Last + 1 })
            .Where(p => p is >= 0 and <= ushort.MaxValue).Select(p => (ushort)p);
        return [.. declared.Concat(edges).Concat(Vocabulary.Ports).Distinct()];
    }

    private static IEnumerable<IpAddress> Around(AddressRange range)
    {
        yield return range.First;
        yield return range.Last;
        if (range.First.Value != 0)
            yield return range.First with { Value = range.First.Value - 1 };
        if (range.Last.Value != (range.Last.Family == IpFamily.V4 ? uint.MaxValue : UInt128.MaxValue))
            yield return range.Last with { Value = range.Last.Value + 1 };
    }

    private static IEnumerable<Cidr> Networks(ClusterSnapshot cluster) =>
        AllRules(cluster).SelectMany(r => r.Peers).OfType<Peer.Network>().SelectMany(n => n.Except.Append(n.Cidr));

    private static IEnumerable<Rule> AllRules(ClusterSnapshot cluster) =>
        cluster.Policies.SelectMany(p => (p.Ingress ?? []).Concat(p.Egress ?? []));
}
