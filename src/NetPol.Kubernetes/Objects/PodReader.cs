using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Kubernetes.Objects;

/// <summary>Reads Pods.</summary>
internal sealed class PodReader : IObjectReader<HostedPod>
{
    public ResourceType Type { get; } = new("Pod", "v1", IsNamespaced: true);

    public HostedPod Read(ObjectHeader header)
    {
        var spec = PodSpec.Read(header.Body["spec"]);
        var status = header.Body["status"]?.Object();
        var addresses = status is null ? [] : ReadAddresses(status, "podIP", "podIPs");
        var hostAddresses = status is null ? [] : ReadAddresses(status, "hostIP", "hostIPs");
        var finished = status?["phase"]?.Text() is "Succeeded" or "Failed";
        header.Body.RejectUnknown();
        return new(new(new(header.Namespace, header.Name), header.Labels, spec.Node, addresses, spec.Ports, spec.HostNetwork, finished), hostAddresses);
    }

    private static ValueArray<IpAddress> ReadAddresses(ObjectNode status, string single, string all)
    {
        var addresses = new List<IpAddress>();
        AddAddress(status[single], addresses);
        foreach (var item in status[all]?.Items() ?? [])
            AddAddress(item.Object()?.Required("ip"), addresses);
        return addresses.Distinct().ToValueArray();
    }

    private static void AddAddress(Field? field, List<IpAddress> addresses)
    {
        if (field?.Text() is not { Length: > 0 } text)
            return;
        if (IpAddress.TryParse(text, out var address))
            addresses.Add(address);
        else
            field.Value.Error("invalid-address", $"{ScalarNode.Quote(text)} is not an IP address: write one such as 10.244.1.7 or fd00::7");
    }
}

/// <summary>A pod, and the addresses of its node that the pod's status gives.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="HostAddresses">The addresses of <c>status.hostIPs</c>; empty before the pod is scheduled.</param>
internal sealed record HostedPod(Pod Pod, ValueArray<IpAddress> HostAddresses);

/// <summary>The part of a pod's <c>spec</c> that policies depend on. A missing spec has nothing of all that.</summary>
internal sealed record PodSpec(string? Node, ValueArray<ContainerPort> Ports, bool HostNetwork)
{
    public static PodSpec Read(Field? field)
    {
        if (field?.Object() is not { } spec)
            return new(null, [], HostNetwork: false);
        var ports = new List<ContainerPort>();
        AddPorts(spec["containers"], ports);
        AddPorts(spec["initContainers"], ports);
        AddPorts(spec["ephemeralContainers"], ports);
        var node = spec["nodeName"]?.Text();
        var read = new PodSpec(string.IsNullOrEmpty(node) ? null : node, ports.Distinct().ToValueArray(), spec["hostNetwork"]?.Boolean() ?? false);
        spec.Ignore("hostname", "hostAliases", "hostPID", "hostIPC", "hostUsers", "nodeSelector");
        spec.WarnOnTypos();
        return read;
    }

    private static void AddPorts(Field? containers, List<ContainerPort> ports)
    {
        foreach (var item in containers?.Items() ?? [])
        {
            if (item.Object() is not { } container)
                continue;
            foreach (var entry in container["ports"]?.Items() ?? [])
            {
                if (entry.Object() is { } fields && ReadPort(fields) is { } port)
                    ports.Add(port);
            }
            container.WarnOnTypos();
        }
    }

    private static ContainerPort? ReadPort(ObjectNode fields)
    {
        var number = fields.Required("containerPort", "write the port's number")?.Integer(1, ushort.MaxValue);
        var protocol = PortFields.ReadProtocol(fields);
        var name = fields["name"] is { } field ? PortFields.ReadName(field) : null;
        fields.Ignore("hostPort", "hostIP");
        fields.RejectUnknown();
        return number is { } port && protocol is { } known ? new(name, known, (ushort)port) : null;
    }
}
