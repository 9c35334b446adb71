using CsCheck;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Testing.Generation;

/// <summary>
/// Generates small clusters with few labels, addresses and ports, so that selectors match, network boundaries separate pods, and policies
/// contradict each other.
/// </summary>
public static class Generators
{
    private static readonly Protocol[] OtherProtocols = [Protocol.Icmp, Protocol.IcmpV6, (Protocol)47];

    /// <summary>Up to 4 namespaces, 12 pods, 3 nodes and 12 policies of all kinds, in both families.</summary>
    public static Gen<ClusterSnapshot> Clusters { get; } = Gen.Select(
        ClusterGenerators.Namespaces, ClusterGenerators.Pods, ClusterGenerators.Nodes, PolicyGenerators.Policies,
        ClusterSnapshot.Create);

    /// <summary>Clusters with up to 3 Services.</summary>
    public static Gen<(ClusterSnapshot Cluster, ValueArray<GeneratedService> Services)> ClustersWithServices { get; } = Gen.Select(Clusters, ServiceGenerators.Services);

    /// <summary>A random change, for walks: it adds, changes or removes an object.</summary>
    public static Gen<Step> Steps => StepGenerators.Any;

    /// <summary>A change that gives a node the addresses of a pod. Such clusters compile, but their meaning is undefined.</summary>
    public static Gen<Step> SharedAddressSteps => StepGenerators.OfSharedAddresses;

    /// <summary>Changes of pods only.</summary>
    public static Gen<Step> PodSteps => StepGenerators.OfPods;

    /// <summary>Changes that add pods, or replace pods under the same name.</summary>
    public static Gen<Step> PutPodSteps => StepGenerators.OfPutPods;

    /// <summary>A change that gives a pod a hundred new labels, in addition to those that selectors use.</summary>
    public static Gen<Step> MuchLabeledPodSteps => StepGenerators.OfMuchLabeledPods;

    /// <summary>
    /// A connection likely to match a rule. The ends are pods, nodes, addresses at or next to the edges of the policies' networks, or external addresses. A pod may
    /// connect to itself. The ports are declared ports, or ports at or next to the edges of ranges. Protocols without ports occur too.
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

    /// <summary>An address, most often of a pod.</summary>
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

/// <summary>The names, labels, addresses and ports of generated clusters. There are only a few, so that independent objects match each other.</summary>
internal static class Vocabulary
{
    public static readonly string[] Namespaces = ["a", "b", "c", "d"];

    public static readonly string[] Nodes = ["n1", "n2", "n3"];

    public static readonly string[] PortNames = ["http", "dns"];

    public static readonly ushort[] Ports = [53, 80, 81, 8080];

    private static readonly (string Key, string[] Values)[] LabelKeys = [("app", ["web", "db", "api"]), ("env", ["x", "y"])];

    public static Gen<Protocol> PortProtocol { get; } =
        Gen.Frequency<Protocol>((6, Gen.Const(Protocol.Tcp)), (3, Gen.Const(Protocol.Udp)), (1, Gen.Const(Protocol.Sctp)));

    public static Gen<FlowLogging> Logging { get; } = Gen.Frequency((8, FlowLogging.None), (1, FlowLogging.Denied), (1, FlowLogging.All));

    public static Gen<Labels> Labels { get; } =
        Gen.Select(Gen.OneOf("", "web", "db", "api", "web"), Gen.OneOf("", "x", "y"), (app, env) =>
            NetPol.Model.Labels.Create(new[] { KeyValuePair.Create("app", app), KeyValuePair.Create("env", env) }.Where(l => l.Value.Length > 0)));

    public static Gen<LabelSelector> Selector { get; } = Gen.Frequency<LabelSelector>(
        (3, Gen.Const(LabelSelector.Everything)),
        (5, Requirement().Array[1].Select(r => LabelSelector.Create(r))),
        (1, Requirement().Array[2].Select(r => LabelSelector.Create(r))));

    /// <summary>As <see cref="Selector"/>, sometimes by the name label that the API server sets on every namespace.</summary>
    public static Gen<LabelSelector> NamespaceSelector { get; } = Gen.Frequency<LabelSelector>(
        (4, Selector),
        (1, Gen.OneOf(Namespaces).Select(n => LabelSelector.Create(("kubernetes.io/metadata.name", n)))));

    public static Gen<IpAddress> OutsideAddress { get; } = Gen.OneOf(
        IpAddress.Parse("203.0.113.7"), IpAddress.Parse("203.0.113.8"), IpAddress.Parse("10.0.9.9"), IpAddress.Parse("0.0.0.0"),
        IpAddress.Parse("255.255.255.255"), IpAddress.Parse("2001:db8::7"), IpAddress.Parse("2001:db8::8"), IpAddress.Parse("fd00:9::9"));

    /// <summary>Any address of a generated cluster, or an external address.</summary>
    public static Gen<IpAddress> SomeAddress { get; } = Gen.Frequency<IpAddress>(
        (6, Gen.Select(Gen.OneOf(Nodes), Gen.Int[0, 15], Gen.Bool, PodAddress)),
        (2, Gen.Select(Gen.OneOf(Nodes), Gen.Bool, NodeAddress)),
        (1, Gen.Select(Gen.OneOf(Nodes), Gen.Bool, BridgeAddress)),
        (2, OutsideAddress));

    public static Gen<Cidr> Network { get; } = Gen.Select(SomeAddress, Gen.Int[0, 9], (address, draw) => Cidr.Create(address, PrefixLength(address, draw)));

    /// <summary>The addresses of a node's pods are adjacent, so that the boundaries of small networks separate them.</summary>
    public static IpAddress PodAddress(string node, int host, bool v6) =>
        IpAddress.Parse(v6 ? $"fd00:{node[^1]}::{host:x}" : $"10.0.{node[^1]}.{host}");

    /// <summary>The network that contains every <see cref="PodAddress"/> of the node.</summary>
    public static Cidr PodCidr(string node, bool v6) => Cidr.Create(PodAddress(node, 0, v6), v6 ? 64 : 24);

    public static IpAddress NodeAddress(string node, bool v6) => IpAddress.Parse(v6 ? $"fd01::{node[^1]}" : $"192.168.0.{node[^1]}");

    /// <summary>A node address like that of a bridge: only the node's own agent may report it.</summary>
    public static IpAddress BridgeAddress(string node, bool v6) => IpAddress.Parse(v6 ? $"fd00:{node[^1]}::ff" : $"10.0.{node[^1]}.255");

    private static int PrefixLength(IpAddress address, int draw) => address.Family == IpFamily.V4
        ? new[] { 0, 8, 22, 24, 28, 29, 30, 31, 32, 32 }[draw]
        : new[] { 0, 16, 32, 48, 124, 125, 126, 127, 128, 128 }[draw];

    private static Gen<SelectorRequirement> Requirement() =>
        from label in Gen.OneOf(LabelKeys)
        from op in Gen.Frequency((5, SelectorOperator.In), (2, SelectorOperator.NotIn), (1, SelectorOperator.Exists), (1, SelectorOperator.DoesNotExist))
        from values in Gen.OneOf(label.Values).Array[1, 2]
        select new SelectorRequirement(label.Key, op, op is SelectorOperator.In or SelectorOperator.NotIn ? values.ToValueArray() : []);
}

/// <summary>
/// Properties over the same samples in every run: a suite that was green stays green until the code changes. <c>NETPOL_SEED</c>, which
/// <c>./test --nightly</c> sets, gives other samples.
/// </summary>
public static class FixedSamples
{
    private const string Variable = "NETPOL_SEED";

    private static readonly ulong Seed = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? ulong.Parse(given) : 0x5eed;

    /// <summary>The first <paramref name="count"/> samples, the same in every run.</summary>
    public static IEnumerable<T> Draw<T>(this Gen<T> gen, int count) =>
        Enumerable.Range(0, count).Select(i => gen.Generate(Pcg(i), null, out _));

    /// <summary>
    /// Checks the property with the first <paramref name="count"/> samples, in parallel. Shrinks the first failing sample and prints its
    /// seed. With <c>CsCheck_Iter</c> or <c>CsCheck_Time</c> set, random samples follow, as many as they say.
    /// </summary>
    /// <param name="gen">The generator of the samples.</param>
    /// <param name="count">The number of samples in every run.</param>
    /// <param name="property">Throws an exception if it does not hold.</param>
    /// <exception cref="CsCheckException">The property does not hold. The message contains the smallest failing sample.</exception>
    public static void ForAll<T>(this Gen<T> gen, int count, Action<T> property)
    {
        var failed = int.MaxValue;
        Parallel.For(0, count, (i, loop) =>
        {
            try
            {
                property(gen.Generate(Pcg(i), null, out _));
            }
            catch (Exception) when (NoteFailure(ref failed, i))
            {
                loop.Break();
            }
        });
        if (failed < int.MaxValue)
        {
            try
            {
                gen.Sample(property, seed: Pcg(failed).ToString(), iter: 20_000);
            }
            catch (CsCheckException smallest)
            {
                throw new CsCheckException($"repeat with {Variable}={Seed}: sample {failed}: {smallest.Message}", smallest);
            }
            throw new InvalidOperationException($"sample {failed} failed, and did not when it was repeated with {Variable}={Seed}");
        }
        if (Environment.GetEnvironmentVariable("CsCheck_Iter") is not null || Environment.GetEnvironmentVariable("CsCheck_Time") is not null)
            gen.Sample(property);
    }

    private static PCG Pcg(int sample) => new((uint)sample, Seed);

    private static bool NoteFailure(ref int first, int sample)
    {
        int seen;
        while (sample < (seen = Volatile.Read(ref first)))
            Interlocked.CompareExchange(ref first, sample, seen);
        return true;
    }
}
