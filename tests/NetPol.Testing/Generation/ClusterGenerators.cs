using CsCheck;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Testing.Generation;

/// <summary>Generates namespaces, nodes and pods.</summary>
internal static class ClusterGenerators
{
    private static readonly Gen<ContainerPort> ContainerPort = Gen.Select(
        Gen.Frequency((1, (string?)null), (3, "http"), (2, "dns")), Vocabulary.PortProtocol, Gen.OneOf(Vocabulary.Ports),
        (name, protocol, number) => new ContainerPort(name, protocol, number));

    public static Gen<Namespace> NamespaceNamed(string name) => Gen.Select(Vocabulary.Labels, Vocabulary.Logging, Gen.Frequency((6, false), (1, true)), (labels, logging, terminating) =>
        new Namespace(name, labels.With("kubernetes.io/metadata.name", name)) { Logging = logging, IsTerminating = terminating });

    /// <summary>Generates namespaces. All four may have pods; one in eight has no Namespace object.</summary>
    public static Gen<Namespace[]> Namespaces { get; } = Subset(Vocabulary.Namespaces, NamespaceNamed, 7);

    /// <summary>
    /// Generates a node. Sometimes its pod CIDRs are those of another node, as after reuse, or include a network that contains the pod CIDRs of
    /// all nodes.
    /// </summary>
    public static Gen<Node> NodeNamed(string name) =>
        from labels in Vocabulary.Labels
        from families in Gen.Frequency((5, 2), (1, 1), (1, 0))
        from subnet in Gen.Frequency<string>((8, Gen.Const(name)), (1, Gen.OneOf(Vocabulary.Nodes)))
        from networks in Gen.Int[0, 2]
        from wide in Gen.Frequency((8, 0), (1, 1))
        from reported in Gen.Frequency((3, 0), (1, 1), (3, 2))
        select new Node(
            name,
            labels,
            new[] { Vocabulary.NodeAddress(name, false), Vocabulary.NodeAddress(name, true) }.Take(families).ToValueArray(),
            new[] { Vocabulary.PodCidr(subnet, false), Vocabulary.PodCidr(subnet, true) }.Take(networks)
                .Concat(new[] { Cidr.Parse("10.0.0.0/8") }.Take(wide)).ToValueArray())
        {
            ReportedAddresses = new[] { Vocabulary.BridgeAddress(name, false), Vocabulary.BridgeAddress(name, true) }.Take(reported).ToValueArray(),
        };

    public static Gen<Node[]> Nodes { get; } = Subset(Vocabulary.Nodes, NodeNamed, 9);

    /// <summary>Generates a pod with the given name. Addresses sometimes collide, as after reuse.</summary>
    public static Gen<Pod> PodNamed(string name) =>
        from ns in Gen.OneOf(Vocabulary.Namespaces)
        from node in Gen.OneOf(Vocabulary.Nodes)
        from subnet in Gen.Frequency<string>((12, Gen.Const(node)), (1, Gen.OneOf(Vocabulary.Nodes)))
        from host in Gen.Int[0, 15]
        from families in Gen.Frequency((6, "46"), (2, "4"), (2, "6"), (1, ""))
        from labels in Vocabulary.Labels
        from ports in ContainerPort.Array[0, 4]
        from kind in Gen.Frequency((13, ""), (1, "host"), (2, "finished"), (1, "unscheduled"))
        let own = families.Select(f => kind == "host" ? Vocabulary.NodeAddress(node, f == '6') : Vocabulary.PodAddress(subnet, host, f == '6'))
        select new Pod(
            new(ns, name), labels, kind == "unscheduled" ? null : node, own.ToValueArray(), ports.ToValueArray(), kind == "host", kind == "finished")
        {
            GrantedSources = host >= 14 ? [Cidr.Parse("10.99.0.0/16"), Cidr.Parse("fd99::/64")] : [],
        };

    public static Gen<Pod[]> Pods { get; } = Gen.Int[1, 12].SelectMany(count => InOrder([.. Enumerable.Range(0, count).Select(i => PodNamed($"p{i}"))]));

    private static Gen<T[]> Subset<T>(string[] names, Func<string, Gen<T>> named, int often) =>
        InOrder([.. names.Select(name => Gen.Frequency<T[]>((often, named(name).Select(n => new[] { n })), (1, Gen.Const(Array.Empty<T>()))))])
            .Select(parts => parts.SelectMany(p => p).ToArray());

    private static Gen<T[]> InOrder<T>(Gen<T>[] gens) =>
        gens.Aggregate(Gen.Const(Array.Empty<T>()), (all, next) => Gen.Select(all, next, (head, tail) => (T[])[.. head, tail]));
}
