using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Kubernetes.Objects;

/// <summary>Reads Nodes.</summary>
internal sealed class NodeReader : IObjectReader<Node>
{
    public ResourceType Type { get; } = new("Node", "v1", IsNamespaced: false);

    public Node Read(ObjectHeader header)
    {
        var addresses = new List<IpAddress>();
        foreach (var item in header.Body["status"]?.Object()?["addresses"]?.Items() ?? [])
        {
            if (item.Object() is not { } entry || entry.Required("address") is not { } field || field.Text() is not { } text)
                continue;
            if (IpAddress.TryParse(text, out var address))
                addresses.Add(address);
            else if (entry["type"]?.Text() is "InternalIP" or "ExternalIP")
                field.Error("invalid-address", $"{ScalarNode.Quote(text)} is not an IP address");
        }
        var networks = ReadPodCidrs(header.Body["spec"]);
        header.Body.RejectUnknown();
        return new(header.Name, header.Labels, addresses.Distinct().ToValueArray(), networks);
    }

    private static ValueArray<Cidr> ReadPodCidrs(Field? written)
    {
        var networks = new List<Cidr>();
        if (written?.Object() is not { } spec)
            return [];
        Field?[] fields = [spec["podCIDR"], .. spec["podCIDRs"]?.Items() ?? []];
        foreach (var field in fields)
        {
            if (field?.Text() is not { Length: > 0 } text)
                continue;
            if (Cidr.TryParse(text, out var network))
                networks.Add(network);
            else
                field.Value.Error("invalid-cidr", $"{ScalarNode.Quote(text)} is not a network: write one such as 10.244.1.0/24 or fd00:244:1::/64");
        }
        spec.WarnOnTypos();
        return networks.Distinct().ToValueArray();
    }
}
