using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Objects;

/// <summary>A pod, and the addresses of its node that the pod's status gives.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="HostAddresses">The addresses of <c>status.hostIPs</c>; empty before the pod is scheduled.</param>
internal sealed record HostedPod(Pod Pod, ValueArray<IpAddress> HostAddresses);

/// <summary>Reads Pods.</summary>
internal sealed class PodReader : IObjectReader<HostedPod>
{
    public ResourceType Type { get; } = new("Pod", "v1", IsNamespaced: true);

    public HostedPod Read(ObjectHeader header)
    {
        var spec = PodSpec.Read(header.Body["spec"]);
        var status = header.Body["status"]?.Object();
        var addresses = status is null ? [] : Addresses(status, "podIP", "podIPs");
        var hostAddresses = status is null ? [] : Addresses(status, "hostIP", "hostIPs");
        var finished = status?["phase"]?.Text() is "Succeeded" or "Failed";
        header.Body.Close();
        return new(new(new(header.Namespace, header.Name), header.Labels, spec.Node, addresses, spec.Ports, spec.HostNetwork, finished), hostAddresses);
    }

    private static ValueArray<IpAddress> Addresses(Fields status, string single, string all)
    {
        var addresses = new List<IpAddress>();
        Add(status[single], addresses);
        foreach (var item in status[all]?.Items() ?? [])
            Add(item.Object()?.Required("ip"), addresses);
        return addresses.Distinct().ToValueArray();
    }

    private static void Add(Field? field, List<IpAddress> addresses)
    {
        if (field?.Text() is not { Length: > 0 } text)
            return;
        if (IpAddress.TryParse(text, out var address))
            addresses.Add(address);
        else
            field.Value.Error("invalid-address", $"{ScalarNode.Quote(text)} is not an IP address: write one such as 10.244.1.7 or fd00::7");
    }
}
