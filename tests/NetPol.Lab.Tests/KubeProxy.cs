using NetPol.Model;

namespace NetPol.Lab.Tests;

/// <summary>What kube-proxy in nftables mode writes for a Service with one endpoint (kubernetes pkg/proxy/nftables/README.md): its hooks, chains and maps.</summary>
/// <param name="PodNetwork">The addresses of the cluster's pods; who else dials the Service gets the node's address.</param>
/// <param name="Service">The Service's own address; it has port 80.</param>
/// <param name="Endpoint">The pod behind it; it has port 8080.</param>
internal sealed record KubeProxy(Cidr PodNetwork, IpAddress Service, IpAddress Endpoint)
{
    /// <summary>The port under which every node has the Service.</summary>
    public const ushort NodePort = 30080;

    /// <summary>For <c>nft -f</c>.</summary>
    public string Rules
    {
        get
        {
            var (family, type) = Service.Family == IpFamily.V4 ? ("ip", "ipv4_addr") : ("ip6", "ipv6_addr");
            var target = Service.Family == IpFamily.V4 ? $"{Endpoint}:8080" : $"[{Endpoint}]:8080";
            return $$"""
                table {{family}} kube-proxy {
                  chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
                  chain masquerading {
                    meta mark and 0x4000 == 0 return
                    meta mark set meta mark xor 0x4000
                    masquerade fully-random
                  }
                  chain endpoint-server {
                    {{family}} saddr {{Endpoint}} jump mark-for-masquerade
                    meta l4proto tcp dnat to {{target}}
                  }
                  chain service-server {
                    {{family}} daddr {{Service}} tcp dport 80 {{family}} saddr != {{PodNetwork}} jump mark-for-masquerade
                    numgen random mod 1 vmap { 0 : goto endpoint-server }
                  }
                  chain external-server {
                    jump mark-for-masquerade
                    goto service-server
                  }
                  map service-ips {
                    type {{type}} . inet_proto . inet_service : verdict
                    elements = { {{Service}} . tcp . 80 : goto service-server }
                  }
                  map service-nodeports {
                    type inet_proto . inet_service : verdict
                    elements = { tcp . {{NodePort}} : goto external-server }
                  }
                  chain services {
                    {{family}} daddr . meta l4proto . th dport vmap @service-ips
                    fib daddr type local meta l4proto . th dport vmap @service-nodeports
                  }
                  chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
                  chain nat-output { type nat hook output priority -100; jump services; }
                  chain nat-postrouting { type nat hook postrouting priority srcnat; jump masquerading; }
                }
                """;
        }
    }
}
