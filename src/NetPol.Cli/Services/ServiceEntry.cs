using NetPol.Kubernetes.Services;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Services;

/// <summary>How a client reaches a Service.</summary>
/// <param name="Service">The Service.</param>
/// <param name="Port">The Service's port, by number or name.</param>
internal sealed record ServiceEntry(Service Service, string Port)
{
    /// <summary>The address to which the client connects: one of the Service, or of <see cref="Node"/>. Null when the client names the Service.</summary>
    public IpAddress? Address { get; init; }

    /// <summary>The node to whose node port the client connects; null for every other entry.</summary>
    public Node? Node { get; init; }

    /// <summary>The number of the node port; 0 without <see cref="Node"/>.</summary>
    public ushort NodePort { get; init; }

    /// <summary>Whether clients outside the cluster use this entry.</summary>
    public bool IsExternal => Node is not null || (Address is { } address && Service.ExternalAddresses.Contains(address));

    /// <summary>Whether nodes translate the connection. Clients of a headless Service connect to its pods.</summary>
    public bool IsTranslated => !Service.IsHeadless || IsExternal;

    /// <summary><c>Service shop/web 80</c>, with the address in front where the client names one.</summary>
    public override string ToString() => (Address, Node) switch
    {
        ({ } address, { } node) => $"{address} {NodePort} (node port of {node.Name}; Service {Service.Id} {Port})",
        ({ } address, null) => $"{address} (Service {Service.Id}) {Port}",
        _ => $"Service {Service.Id} {Port}",
    };
}
