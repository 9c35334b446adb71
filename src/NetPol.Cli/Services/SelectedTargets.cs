using NetPol.Cli.Matrices;
using NetPol.Kubernetes.Services;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Cli.Services;

/// <summary>Follows a Service with a selector.</summary>
internal static class SelectedTargets
{
    /// <summary>Every pod that the Service selects and that has an address, with its own port.</summary>
    /// <exception cref="CommandException">The Service has no such port, or no pod has it.</exception>
    public static IReadOnlyList<ServiceTarget> Of(Service service, LabelSelector selector, string port, ClusterSnapshot world)
    {
        var chosen = ServicePorts.Choose(service, port);
        var pods = world.Pods.Where(p => string.Equals(p.Id.Namespace, service.Namespace, StringComparison.Ordinal) && !p.Finished && selector.Matches(p.Labels)).ToList();
        var targets = new List<ServiceTarget>();
        foreach (var pod in pods)
        {
            ValueArray<IpAddress> addresses = [.. pod.Addresses.Where(a => ServicePorts.Serves(service, a.Family))];
            if (addresses.IsEmpty)
                continue;
            if (Number(chosen, pod) is { } number)
                targets.Add(new(Endpoint.Of(pod) with { Addresses = addresses }, new(chosen.Protocol, number)));
            else
                Console.Error.WriteLine($"note: {pod.Id} declares no port {chosen.TargetName}/{chosen.Protocol.Name()}, so the Service sends nothing to it");
        }
        return targets.Count > 0
            ? targets
            : throw new CommandException(pods.Count == 0
                ? $"the Service {service.Id} selects no pod: none in {service.Namespace} has the labels {selector}"
                : $"the Service {service.Id} has no pod that a connection could go to");
    }

    public static ushort? Number(ServicePort port, Pod pod) => port.TargetName is { } name
        ? pod.Ports.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.Ordinal) && p.Protocol == port.Protocol)?.Number
        : port.Target;
}
