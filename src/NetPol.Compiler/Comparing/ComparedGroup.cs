using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Compiler.Comparing;

/// <summary>A group in the making.</summary>
/// <param name="v4">What its members are over IPv4.</param>
/// <param name="v6">The same over IPv6.</param>
/// <param name="ownNodes">For pods, the groups of the addresses of the nodes that run them, as places in the list of groups of nodes.</param>
internal sealed class ComparedGroup(Sides v4, Sides v6, ValueArray<int> ownNodes)
{
    public ValueArray<int> OwnNodes { get; } = ownNodes;

    public List<(Pod Old, Pod New)> Pods { get; } = [];

    public List<NodeAddress> Nodes { get; } = [];

    public List<AddressRange> Outside { get; } = [];

    public Sides Over(IpFamily family) => family == IpFamily.V4 ? v4 : v6;

    public EndpointGroup ToGroup() => new(Pods.Select(p => p.New).ToValueArray(), Nodes.ToValueArray(), Outside.ToValueArray());
}
