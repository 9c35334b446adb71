using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Benchmarks;

/// <summary>
/// A large cluster of many tenants, always the same for the same size: namespaces of fifty teams, each with a few apps of some replicas
/// spread over the nodes, five NetworkPolicies a namespace (isolation, app to app, from another team, monitoring and DNS, the outside),
/// and some policies of administrators over all of them.
/// </summary>
internal static class TenantCluster
{
    private const int Teams = 50;
    private const int AppsPerNamespace = 3;

    public static ClusterSnapshot Build(int pods, int namespaces, int policies, int nodes)
    {
        var random = new Random(1);
        var spaces = Enumerable.Range(0, namespaces).Select(n => new Namespace($"ns-{n:D4}", Labels(
            $"kubernetes.io/metadata.name=ns-{n:D4},team=t{n % Teams},env={(n % 3 == 0 ? "prod" : "dev")}{(n % 100 == 0 ? ",monitoring=true" : "")}")));
        var all = Enumerable.Range(0, pods).Select(i => Pod(i, namespaces, nodes, random));
        var hosts = Enumerable.Range(0, nodes).Select(n => new Node(
            $"node-{n:D3}", Labels($"pool=p{n % 4}"), [AddressAt(0xC0A80000, n + 1)]));
        const int Admin = 20;
        return ClusterSnapshot.Create(
            spaces, all, hosts,
            Enumerable.Range(0, policies - Admin).Select(p => TenantPolicy(p, namespaces)).Concat(Enumerable.Range(0, Admin).Select(AdminPolicy)));
    }

    private static Pod Pod(int i, int namespaces, int nodes, Random random)
    {
        var (ns, app) = (i % namespaces, i / namespaces % AppsPerNamespace);
        return new(
            new($"ns-{ns:D4}", $"app{app}-{i:D5}"),
            Labels($"app=app{app},tier={(app == 0 ? "front" : "back")},pod-template-hash=h{ns * 7 % 97}{app},instance=i{i % 10}"),
            $"node-{random.Next(nodes):D3}",
            [AddressAt(0x0A000000, i + 1)],
            [new("http", NetPol.Model.Net.Protocol.Tcp, (ushort)(8080 + (ns % 3))), new("metrics", NetPol.Model.Net.Protocol.Tcp, 9090)]);
    }

    private static Policy TenantPolicy(int p, int namespaces)
    {
        var ns = $"ns-{p % namespaces:D4}";
        var name = $"{ns}/np-{p / namespaces:D2}";
        var (team, next) = ($"team=t{p % Teams}", $"team=t{(p + 1) % Teams}");
        return (p / namespaces % 5) switch
        {
            0 => NetworkPolicy(name, ingress: [], egress: []),
            1 => NetworkPolicy(
                name, "tier=back", [Allow(PodsIn(ns, "tier=front"), "http/TCP", "9000-9010/TCP")]),
            2 => NetworkPolicy(name, "app=app1", [Allow(Pods(next, "tier=front"), "8080/TCP")],
                [Allow(Pods(team), "http/TCP")]),
            3 => NetworkPolicy(
                name, "", [Allow(Pods("monitoring=true"), "metrics/TCP")],
                [Allow(Pods("kubernetes.io/metadata.name=ns-0000", "app=app0"), "53/UDP", "53/TCP")]),
            _ => NetworkPolicy(
                name, "tier=front", [Allow(Network("0.0.0.0/0", "10.0.0.0/8", $"172.{p % 256}.0.0/16"), "443/TCP")],
                [Allow(Network($"203.0.{p % 256}.0/24"), "443/TCP")]),
        };
    }

    private static Policy AdminPolicy(int p)
    {
        var team = $"team=t{p}";
        return p switch
        {
            0 => Baseline(InNamespaces("env=prod"), [Deny(Pods("env=dev"))]),
            1 => Cluster("metadata", Tier.Admin, 1, InNamespaces(), egress: [Deny(Network("169.254.169.254/32"))]),
            2 => Cluster("nodes", Tier.Admin, 2, InNamespaces("env=dev"), egress: [Deny(Nodes("pool=p1"), "22/TCP")]),
            _ => Admin($"team-{p}", p, InNamespaces(team),
                [Pass(Pods(team)), Allow(Pods("monitoring=true"), "9090/TCP"), Deny(Pods("env=dev"), "22/TCP")]),
        };
    }

    private static IpAddress AddressAt(uint start, int offset) => new(IpFamily.V4, start + (uint)offset);
}
