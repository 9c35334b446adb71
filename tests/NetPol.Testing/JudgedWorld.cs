using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Testing;

/// <summary>A cluster and connections to judge in it; its text is what a failed property shows.</summary>
public sealed record JudgedWorld(ClusterSnapshot Cluster, IReadOnlyList<Connection> Connections)
{
    public override string ToString() => string.Join('\n', [
        "",
        .. Cluster.Namespaces.Select(n => $"namespace {n.Name} {n.Labels} logs {n.Logging}"),
        .. Cluster.Nodes.Select(n => $"node {n.Name} {n.Labels} {n.Addresses} reports {n.ReportedAddresses}"),
        .. Cluster.Pods.Select(p =>
            $"pod {p.Id} {p.Labels} on {p.Node ?? "nothing"} {p.Addresses} {p.Ports}{(p.HostNetwork ? " in the host's network" : "")}{(p.Finished ? " finished" : "")}"),
        .. Cluster.Policies.Select(p => $"{p.Id}{(p.IsAudited ? " audited" : "")}{(p.Isolation is { } i ? $" isolated ({i.Degree})" : "")} logs {p.Logging} {p.Tier} {p.Priority} on {p.Subject}\n  ingress {p.Ingress}\n  egress {p.Egress}"),
        .. Connections.Select(c => $"connection {c}"),
        ""]);
}
