using System.Net;
using NetPol.Agent.Infrastructure;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Netlink.Routing;
using NetPol.Protocol.RuleSets;
using Route = NetPol.Netlink.Routing.Route;

namespace NetPol.Agent.Network;

/// <summary>The addresses that the node's kernel takes for its own, for the controller: a Deny of the node covers them. Safe for any thread.</summary>
internal sealed class LocalAddresses(ILogger<LocalAddresses> log)
{
    /// <summary>kube-proxy keeps the addresses of Services on it, which are no node's.</summary>
    private const string ServiceLink = "kube-ipvs0";

    private readonly Lock _lock = new();
    private ValueArray<IpAddress>? _current;
    private int _left;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The addresses, null before they were read; and a task that completes when they are others.</summary>
    public (ValueArray<IpAddress>? Addresses, Task Changed) Current
    {
        get
        {
            lock (_lock)
                return (_current, _changed.Task);
        }
    }

    /// <summary>Takes what was read, as <see cref="FromRoutes"/> gives it. The first <see cref="NodeAddressConversion.MaxPerNode"/> count.</summary>
    public void Update(ValueArray<IpAddress> all)
    {
        var reported = all.Take(NodeAddressConversion.MaxPerNode).ToValueArray();
        lock (_lock)
        {
            if (all.Count - reported.Count is var left && left != _left && left > 0)
                Log.AddressesOmitted(log, NodeAddressConversion.MaxPerNode, left);
            _left = left;
            if (_current == reported)
                return;
            _current = reported;
            var changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }
    }

    /// <summary>The addresses that local routes lead to, sorted, each once; without those by which no other node reaches this one.</summary>
    public static ValueArray<IpAddress> FromRoutes(IEnumerable<Route> routes, IEnumerable<Link> links)
    {
        var services = links.Where(l => string.Equals(l.Name, ServiceLink, StringComparison.Ordinal)).Select(l => l.Index).ToHashSet();
        return routes
            .Where(r => r.Type == RouteType.Local && !services.Contains(r.Interface) && r.PrefixLength == r.Destination.GetAddressBytes().Length * 8 && IsReachable(r.Destination))
            .Select(r => IpAddress.FromBytes(r.Destination.GetAddressBytes())).Distinct().Order().ToValueArray();
    }

    private static bool IsReachable(IPAddress address) =>
        !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal && !address.IsIPv6Multicast && address.GetAddressBytes() is not [169, 254, _, _];
}
