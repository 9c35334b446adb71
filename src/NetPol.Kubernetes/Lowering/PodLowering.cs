using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Reading;
using NetPol.Model;

namespace NetPol.Kubernetes.Lowering;

/// <summary>Lowers Pods, and the pod templates of workloads.</summary>
internal static class PodLowering
{
    public static void Pod(ObjectHeader header, WrittenWorld world)
    {
        var spec = PodSpec.Read(header.Body["spec"]);
        var status = header.Body["status"]?.Object();
        var addresses = status is null ? [] : Addresses(status, "podIP", "podIPs");
        var hostAddresses = status is null ? [] : Addresses(status, "hostIP", "hostIPs");
        var finished = status?["phase"]?.Text() is "Succeeded" or "Failed";
        header.Body.Close();
        if (!hostAddresses.IsEmpty)
            world.HostAddresses.TryAdd(new(header.Namespace, header.Name), hostAddresses);
        world.Pods.Add((header, new(
            new(header.Namespace, header.Name), header.Labels, spec.Node, addresses, spec.Ports, spec.HostNetwork, finished)));
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
