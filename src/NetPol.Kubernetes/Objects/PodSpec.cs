using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Objects;

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
        var read = new PodSpec(string.IsNullOrEmpty(node) ? null : node, ports.Distinct().ToValueArray(), spec["hostNetwork"]?.Flag() ?? false);
        spec.Ignore("hostname", "hostAliases", "hostPID", "hostIPC", "hostUsers", "nodeSelector");
        spec.CloseLoosely();
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
                if (entry.Object() is { } fields && Port(fields) is { } port)
                    ports.Add(port);
            }
            container.CloseLoosely();
        }
    }

    private static ContainerPort? Port(Fields fields)
    {
        var number = fields.Required("containerPort", "write the port's number")?.Integer(1, ushort.MaxValue);
        var protocol = PortFields.Protocol(fields);
        var name = fields["name"] is { } field ? PortFields.Name(field) : null;
        fields.Ignore("hostPort", "hostIP");
        fields.Close();
        return number is { } port && protocol is { } known ? new(name, known, (ushort)port) : null;
    }
}
