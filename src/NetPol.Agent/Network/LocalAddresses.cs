using System.Net;
using NetPol.Agent.Infrastructure;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Netlink.Routing;
using NetPol.Protocol.RuleSets;
using Route = NetPol.Netlink.Routing.Route;

namespace NetPol.Agent.Network;

/// <summary>The addresses that the node's kernel treats as its own. The agent reports them to the controller, so that a Deny of the node covers them. Safe for any thread.</summary>
internal sealed class LocalAddresses(ILogger<LocalAddresses> log)
{
    /// <summary>kube-proxy assigns the addresses of Services to this link; they are not the node's.</summary>
    private const string ServiceLink = "kube-ipvs0";

    private readonly Lock _lock = new();
    private ValueArray<IpAddress>? _current;
    private int _omitted;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The addresses, null before the first read; and a task that completes when they change.</summary>
    public (ValueArray<IpAddress>? Addresses, Task Changed) Current
    {
        get
        {
            lock (_lock)
                return (_current, _changed.Task);
        }
    }

    /// <summary>Sets the addresses, sorted as <see cref="FromRoutes"/> returns them. Only the first <see cref="NodeAddressConversion.MaxPerNode"/> are reported.</summary>
    public void Update(ValueArray<IpAddress> all)
    {
        var reported = all.Take(NodeAddressConversion.MaxPerNode).ToValueArray();
        lock (_lock)
        {
            if (all.Count - reported.Count is var omitted && omitted != _omitted && omitted > 0)
                Log.AddressesOmitted(log, NodeAddressConversion.MaxPerNode, omitted);
            _omitted = omitted;
            if (_current == reported)
                return;
            _current = reported;
            var changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }
    }

    /// <summary>The destinations of local routes, sorted, each once, without addresses that other nodes cannot reach.</summary>
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
