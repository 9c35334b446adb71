using System.Net.Sockets;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Netlink.Routing;
using NetPol.Rendering;

namespace NetPol.Agent.Bridges;

/// <summary>Which ports of bridges lead into pods, and from which addresses each of them may send.</summary>
/// <param name="Pods">By name.</param>
/// <param name="Trusted">The names of the other veths that are ports of bridges, sorted. They may send from any address.</param>
/// <param name="Contested">The addresses that several new ports claim. No port may send from them.</param>
internal sealed record PortAssignment(IReadOnlyList<BridgedPort> Pods, IReadOnlyList<string> Trusted, IReadOnlyList<IpAddress> Contested);

/// <summary>
/// Assigns addresses to ports of bridges: the addresses of the port's other end that belong to a ready pod. Each address belongs to one port. The port that had it
/// keeps it as long as it claims it. Not for use by two threads at once.
/// </summary>
/// <param name="trusted">The names of ports that may always send from any address. A name that ends in <c>*</c> is a prefix.</param>
internal sealed class PortAddressAssigner(IReadOnlyList<string> trusted)
{
    private static readonly Cidr LinkLocal = Cidr.Parse("fe80::/10");
    private Dictionary<IpAddress, int> _owners = [];

    public static bool IsLinkLocal(IpAddress address) => LinkLocal.Contains(address);

    public PortAssignment Assign(BridgePorts ports, NodeRuleSet rules)
    {
        var known = PodAddresses(rules);
        var evaluated = rules.PodIngress.Defaults.Select(r => r.Subject).ToHashSet();
        var bridges = PodBridges(ports, rules, known);
        var pods = ports.Veths.Where(v => v.IsElsewhere && bridges.Contains(v.Bridge) && !IsTrusted(v.Name)).ToList();
        var claims = pods.SelectMany(v => ClaimedAddresses(v, rules, known).Select(a => (Address: a, v.Index))).ToLookup(c => c.Address, c => c.Index);
        Dictionary<IpAddress, int> owners = [];
        List<IpAddress> contested = [];
        foreach (var claim in claims)
        {
            if (_owners.TryGetValue(claim.Key, out var before) && claim.Contains(before))
                owners.Add(claim.Key, before);
            else if (claim.Take(2).Count() == 1)
                owners.Add(claim.Key, claim.First());
            else
                contested.Add(claim.Key);
        }
        _owners = owners;
        var owned = owners.ToLookup(o => o.Value, o => o.Key);
        var validated = pods.Select(p => p.Index).ToHashSet();
        return new(
            [.. pods.Select(p => Port(p.Name, owned[p.Index].Order().ToValueArray(), evaluated, rules)).OrderBy(p => p.Name, StringComparer.Ordinal)],
            [.. ports.Veths.Where(v => !validated.Contains(v.Index)).Select(v => v.Name).Order(StringComparer.Ordinal)],
            // Several pods may have the link-local address that a CNI plugin gives to all links. No policy lets them use it.
            [.. contested.Where(a => !LinkLocal.Contains(a)).Order()]);
    }

    /// <summary>An unknown pod may be one that policies select.</summary>
    private static BridgedPort Port(string name, ValueArray<IpAddress> addresses, HashSet<IpAddress> evaluated, NodeRuleSet rules)
    {
        var granted = rules.GrantedSources.Where(g => addresses.Contains(g.Pod)).Select(g => g.Sources).ToHashSet();
        return new(
            name, addresses, addresses.Any(evaluated.Contains) || addresses.All(LinkLocal.Contains),
            granted.Where(g => !granted.Any(other => other != g && other.Contains(g))).Order().ToValueArray());
    }

    /// <summary>The addresses of pods: all ready pods in the pod networks, and the subjects of policies.</summary>
    private static HashSet<IpAddress> PodAddresses(NodeRuleSet rules) =>
        [.. rules.ReadyPods, .. Enum.GetValues<EnforcementPoint>().SelectMany(h => rules.RulesAt(h).Defaults.Select(r => r.Subject))];

    /// <summary>The bridges that have pods as ports. A bridge with the pods' gateway address counts before the first pod is known.</summary>
    private static HashSet<int> PodBridges(BridgePorts ports, NodeRuleSet rules, HashSet<IpAddress> known)
    {
        bool IsPods(System.Net.IPAddress address) => IpAddress.FromBytes(address.GetAddressBytes()) is var a && (known.Contains(a) || rules.PodCidrs.Any(n => n.Contains(a)));
        return
        [
            .. ports.Bridges.Where(b => b.Addresses.Any(IsPods)).Select(b => b.Index),
            .. ports.Veths.Where(v => v.Addresses.Any(IsPods)).Select(v => v.Bridge),
        ];
    }

    /// <summary>The addresses that a port claims. In a pod network only addresses of ready pods count. Elsewhere no list has all pods, so all addresses of the pod count.</summary>
    private static IEnumerable<IpAddress> ClaimedAddresses(VethPort port, NodeRuleSet rules, HashSet<IpAddress> known) => port.Addresses
        .Where(a => a.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
        .Select(a => IpAddress.FromBytes(a.GetAddressBytes()))
        .Where(a => known.Contains(a) || !rules.PodCidrs.Any(n => n.Contains(a)))
        .Distinct();

    private bool IsTrusted(string name) => trusted.Any(u => u.EndsWith('*') ? name.StartsWith(u[..^1], StringComparison.Ordinal) : string.Equals(name, u, StringComparison.Ordinal));
}
