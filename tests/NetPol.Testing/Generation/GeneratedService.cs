using CsCheck;
using NetPol.Model;
using NetPol.Model.Net;

namespace NetPol.Testing.Generation;

/// <summary>A Service with a selector.</summary>
/// <param name="Namespace">The namespace of the Service and its pods.</param>
/// <param name="Name">The name.</param>
/// <param name="Selector">The labels that its pods have. At least one.</param>
/// <param name="ClusterIps">At most one address of each family, at least one.</param>
/// <param name="ExternalIps">The addresses of <c>externalIPs</c>.</param>
/// <param name="LoadBalancerIps">The addresses that the load balancer reports.</param>
/// <param name="Ports">The ports, distinct by number and protocol.</param>
/// <param name="IsLocal">Whether a node port leads only to pods of its own node.</param>
public sealed record GeneratedService(
    string Namespace, string Name, Labels Selector, ValueArray<IpAddress> ClusterIps, ValueArray<IpAddress> ExternalIps, ValueArray<IpAddress> LoadBalancerIps,
    ValueArray<GeneratedServicePort> Ports, bool IsLocal)
{
    /// <summary>All addresses at which clients reach the Service, without those of nodes.</summary>
    public IEnumerable<IpAddress> Addresses => ClusterIps.Concat(ExternalIps).Concat(LoadBalancerIps);
}

/// <summary>A port of a Service. Without a target it leads to the same number.</summary>
public sealed record GeneratedServicePort(Protocol Protocol, ushort Number, ushort? Target, string? TargetName, ushort? NodePort)
{
    /// <summary>The name. The API requires one of a Service with several ports.</summary>
    public string Name => $"{Protocol.ToString().ToLowerInvariant()}-{Number}";
}

/// <summary>Generates Services for the pods of generated clusters.</summary>
internal static class ServiceGenerators
{
    private const int MostPorts = 3;
    private const int FirstNodePort = 30_000;

    /// <summary>Up to three Services. External addresses are sometimes those of another Service.</summary>
    public static Gen<ValueArray<GeneratedService>> Services { get; } =
        Gen.Select(Service(0), Service(1), Service(2), Gen.Int[1, 3], (a, b, c, count) => new[] { a, b, c }.Take(count).ToValueArray());

    private static Gen<GeneratedService> Service(int index) =>
        from space in Gen.OneOf(Vocabulary.Namespaces)
        from selector in Vocabulary.Labels.Where(l => !l.Pairs.IsEmpty)
        from families in Gen.OneOf("4", "46", "64", "6", "46")
        from external in Gen.Frequency((2, ""), (1, "4"), (1, "46"))
        from balancer in Gen.Frequency((2, ""), (1, "4"), (1, "46"))
        from shared in Gen.Bool
        from ports in Gen.Int[0, MostPorts - 1].SelectMany(count => Port(index).Array[count + 1])
        from isLocal in Gen.Frequency((2, false), (1, true))
        select new GeneratedService(
            space, $"s{index}", selector,
            families.Select(f => Address(f, "10.96.0.", "fd96::", index + 1)).ToValueArray(),
            external.Select(f => Address(f, "198.51.100.", "2001:db8:51::", index + 1)).ToValueArray(),
            balancer.Select(f => Address(f, "198.51.100.", "2001:db8:51::", shared ? 9 : index + 11)).ToValueArray(),
            ports.DistinctBy(p => (p.Protocol, p.Number)).Select((p, at) => p.NodePort is null ? p : p with { NodePort = (ushort)(FirstNodePort + (index * MostPorts) + at) }).ToValueArray(),
            isLocal);

    private static Gen<GeneratedServicePort> Port(int index) =>
        from protocol in Vocabulary.PortProtocol
        from number in Gen.OneOf<ushort>(80, 443, 8080)
        from target in Gen.OneOf(Vocabulary.Ports)
        from name in Gen.OneOf(Vocabulary.PortNames)
        from kind in Gen.Frequency((1, ""), (2, "number"), (3, "name"))
        from hasNodePort in Gen.Bool
        select new GeneratedServicePort(
            protocol, number, kind == "number" ? target : null, kind == "name" ? name : null, hasNodePort ? (ushort)(FirstNodePort + index) : null);

    private static IpAddress Address(char family, string v4, string v6, int number) => IpAddress.Parse(family == '4' ? $"{v4}{number}" : $"{v6}{number:x}");
}
