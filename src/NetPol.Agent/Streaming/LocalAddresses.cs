using System.Net;
using NetPol.Model;
using NetPol.Netlink;
using NetPol.Netlink.Routing;
using NetPol.Protocol;
using Route = NetPol.Netlink.Routing.Route;

namespace NetPol.Agent.Streaming;

/// <summary>
/// The addresses that the node's kernel takes for its own, for the controller: a Deny of the node covers them. Read when the agent starts, and again every
/// minute. Safe for any thread. What it reads with gives them as <see cref="Of"/> does.
/// </summary>
internal sealed class LocalAddresses(Func<ValueArray<IpAddress>> read, TimeProvider time, ILogger<LocalAddresses> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>kube-proxy keeps the addresses of Services on it, which are no node's.</summary>
    private const string ServiceLink = "kube-ipvs0";

    private readonly Lock _lock = new();
    private readonly OneTrouble _trouble = new();
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

    /// <summary>Reads the kernel.</summary>
    /// <exception cref="NetlinkException">It cannot be read; what was read last stays.</exception>
    public void Look()
    {
        var all = read();
        var reported = all.Take(WireAddresses.MostPerNode).ToValueArray();
        lock (_lock)
        {
            if (all.Count - reported.Count is var left && left != _left && left > 0)
                Log.AddressesLeftOut(log, WireAddresses.MostPerNode, left);
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
    public static ValueArray<IpAddress> Of(IEnumerable<Route> routes, IEnumerable<Link> links)
    {
        var services = links.Where(l => string.Equals(l.Name, ServiceLink, StringComparison.Ordinal)).Select(l => l.Index).ToHashSet();
        return routes
            .Where(r => r.Kind == RouteKind.Local && !services.Contains(r.Interface) && r.PrefixLength == r.Destination.GetAddressBytes().Length * 8 && IsReachable(r.Destination))
            .Select(r => IpAddress.FromBytes(r.Destination.GetAddressBytes())).Distinct().Order().ToValueArray();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                Look();
                _trouble.IsOver();
            }
            catch (NetlinkException error)
            {
                if (_trouble.Is(error.Message))
                    Log.AddressesNotRead(log, error.Message);
            }
            await Task.Delay(Period, time, stoppingToken);
        }
    }

    private static bool IsReachable(IPAddress address) =>
        !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal && !address.IsIPv6Multicast && address.GetAddressBytes() is not [169, 254, _, _];
}
