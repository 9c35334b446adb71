using NetPol.Kubernetes.Objects;
using NetPol.Kubernetes.Syntax;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Lints;

/// <summary>Finds ports that the destination pods do not have: names that no pod has, and ports of Services.</summary>
internal static class PortLint
{
    public static void Check(LintContext cluster, LintedRule rule, List<Diagnostic> found)
    {
        if (rule.Rule.Ports is null || Destinations(cluster, rule) is not { Count: > 0 } pods)
            return;
        foreach (var (port, path, line) in rule.Ports())
        {
            if (port is PortMatch.Named named && !pods.Exists(p => p.Ports.Any(c => Is(c, named))))
                found.Add(rule.Warning("unknown-named-port", path, line, $"no pod that the rule is about has a port of this name ({named}): {Advice(named, pods)}"));
            else if (port is PortMatch.Numbers { Protocol: var protocol, Range: var range } && range.First == range.Last && ServiceWith(cluster, protocol, range.First, pods) is var (service, target))
                found.Add(rule.Warning("service-port", path, line, $"{range.First} is the port of Service {service.Id}, and policies see the port of its pods: write {target}"));
        }
    }

    /// <summary>The pods that connections of the rule lead to; null where pods that are not here may be among them.</summary>
    private static List<Pod>? Destinations(LintContext cluster, LintedRule rule)
    {
        if (rule.Direction == Direction.Ingress)
            return cluster.Select(rule.Policy.Subject).Pods;
        var pods = new List<Pod>();
        foreach (var peer in rule.Rule.Peers)
        {
            if (peer is not Peer.Pods { Selection: var selection } || cluster.Select(selection).Pods is not { Count: > 0 } selected)
                return null;
            pods.AddRange(selected);
        }
        return pods;
    }

    private static bool Is(ContainerPort port, PortMatch.Named named) =>
        string.Equals(port.Name, named.Name, StringComparison.Ordinal) && (named.Protocol is null || named.Protocol == port.Protocol);

    private static string Advice(PortMatch.Named named, List<Pod> pods)
    {
        var ports = pods.SelectMany(p => p.Ports).Where(p => p.Name is not null).Distinct().OrderBy(p => p.Number).ToList();
        if (ports.Find(p => string.Equals(p.Name, named.Name, StringComparison.Ordinal)) is { } other)
            return $"it is a port of protocol {other.Protocol.Name()}: write protocol: {other.Protocol.Name()}";
        if (SpellingSuggestion.Find(named.Name, ports.Select(p => p.Name!)) is { } close)
            return $"did you mean {close}?";
        return ports.Count == 0 ? "their ports have no names: write the number" : $"they have {string.Join(", ", ports.Select(p => p.Name).Distinct(StringComparer.Ordinal).Take(5))}";
    }

    /// <summary>A Service of the pods that has this port and leads to another one; null where a pod has the port itself.</summary>
    private static (Service Service, string Target)? ServiceWith(LintContext cluster, NetPol.Model.Net.Protocol protocol, ushort number, List<Pod> pods)
    {
        if (pods.Exists(p => p.Ports.Any(c => c.Protocol == protocol && c.Number == number)))
            return null;
        (Service, string)? answer = null;
        foreach (var pod in pods)
        {
            foreach (var service in cluster.ServicesOf(pod).Where(s => !s.IsHeadless))
            {
                foreach (var port in service.Ports.Where(p => p.Protocol == protocol))
                {
                    var targets = Targets(port, pod);
                    if (targets.Contains(number))
                        return null;
                    if (port.Number == number && targets.Count > 0)
                        answer ??= (service, string.Join(" or ", targets));
                }
            }
        }
        return answer;
    }

    private static List<ushort> Targets(ServicePort port, Pod pod) => port.TargetName is { } name
        ? [.. pod.Ports.Where(c => c.Protocol == port.Protocol && string.Equals(c.Name, name, StringComparison.Ordinal)).Select(c => c.Number).Distinct()]
        : [port.Target];
}
