using CsCheck;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Testing;

/// <summary>The few names, labels, addresses and ports of generated worlds: few, so that what is drawn independently meets.</summary>
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
            Model.Cluster.Labels.Of(new[] { KeyValuePair.Create("app", app), KeyValuePair.Create("env", env) }.Where(l => l.Value.Length > 0)));

    public static Gen<LabelSelector> Selector { get; } = Gen.Frequency<LabelSelector>(
        (3, Gen.Const(LabelSelector.Everything)),
        (5, Requirement().Array[1].Select(r => LabelSelector.Of(r))),
        (1, Requirement().Array[2].Select(r => LabelSelector.Of(r))));

    /// <summary>As <see cref="Selector"/>, and sometimes by the name that the API server puts on every namespace.</summary>
    public static Gen<LabelSelector> NamespaceSelector { get; } = Gen.Frequency<LabelSelector>(
        (4, Selector),
        (1, Gen.OneOf(Namespaces).Select(n => LabelSelector.Of(("kubernetes.io/metadata.name", n)))));

    public static Gen<IpAddress> OutsideAddress { get; } = Gen.OneOf(
        IpAddress.Parse("203.0.113.7"), IpAddress.Parse("203.0.113.8"), IpAddress.Parse("10.0.9.9"), IpAddress.Parse("0.0.0.0"),
        IpAddress.Parse("255.255.255.255"), IpAddress.Parse("2001:db8::7"), IpAddress.Parse("2001:db8::8"), IpAddress.Parse("fd00:9::9"));

    /// <summary>Any address that a generated world can hold, or one outside of it.</summary>
    public static Gen<IpAddress> SomeAddress { get; } = Gen.Frequency<IpAddress>(
        (6, Gen.Select(Gen.OneOf(Nodes), Gen.Int[0, 15], Gen.Bool, PodAddress)),
        (2, Gen.Select(Gen.OneOf(Nodes), Gen.Bool, NodeAddress)),
        (1, Gen.Select(Gen.OneOf(Nodes), Gen.Bool, BridgeAddress)),
        (2, OutsideAddress));

    public static Gen<Cidr> Network { get; } = Gen.Select(SomeAddress, Gen.Int[0, 9], (address, draw) => Cidr.Of(address, PrefixLength(address, draw)));

    /// <summary>Pods of a node are neighbours, so that small networks cut between them.</summary>
    public static IpAddress PodAddress(string node, int host, bool v6) =>
        IpAddress.Parse(v6 ? $"fd00:{node[^1]}::{host:x}" : $"10.0.{node[^1]}.{host}");

    /// <summary>Holds every <see cref="PodAddress"/> of the node.</summary>
    public static Cidr PodNetwork(string node, bool v6) => Cidr.Of(PodAddress(node, 0, v6), v6 ? 64 : 24);

    public static IpAddress NodeAddress(string node, bool v6) => IpAddress.Parse(v6 ? $"fd01::{node[^1]}" : $"192.168.0.{node[^1]}");

    /// <summary>As of a bridge: the node's own agent tells it, or nobody does.</summary>
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
