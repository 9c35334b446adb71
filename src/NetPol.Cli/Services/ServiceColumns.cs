using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Kubernetes.Manifests;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Cli.Services;

/// <summary>The addresses of a matrix that belong to Services, with the endpoints behind each port.</summary>
internal sealed class ServiceColumns
{
    private readonly Dictionary<(IpAddress Address, DestinationPort Port), (ServiceEntry Entry, IReadOnlyList<ServiceTarget> Targets)> _columns = [];
    private readonly HashSet<IpAddress> _services = [];

    /// <summary>No Services.</summary>
    public static ServiceColumns None { get; } = new();

    /// <summary>The ports of the Services.</summary>
    public IEnumerable<DestinationPort> Ports => _columns.Where(c => c.Value.Entry.Node is null).Select(c => c.Key.Port);

    /// <summary>Resolves each address to its Service. Prints a note for each Service, and for each port without an endpoint.</summary>
    /// <param name="addresses">The addresses of the matrix.</param>
    /// <param name="ports">The ports of the matrix; if empty, all ports of a Service.</param>
    /// <param name="loaded">The loaded objects.</param>
    /// <param name="cluster">The completed cluster.</param>
    /// <param name="source">The input of the command.</param>
    /// <param name="cancel">Cancels the operation.</param>
    public static async Task<ServiceColumns> ReadAsync(
        IReadOnlyCollection<IpAddress> addresses, IReadOnlyCollection<DestinationPort> ports, LoadedManifests loaded, ClusterSnapshot cluster, ClusterSource source, CancellationToken cancel)
    {
        if (addresses.Count == 0)
            return None;
        var columns = new ServiceColumns();
        var entries = await ServiceEntries.ReadAsync(loaded, cluster, source, cancel);
        foreach (var address in addresses.Distinct())
        {
            if (entries.At(address).FirstOrDefault() is { } service)
            {
                columns._services.Add(address);
                Console.Error.WriteLine($"note: {address} is an address of the Service {service.Id}: its column has the verdicts at the endpoints");
            }
            foreach (var port in ports.Count > 0 ? ports : entries.PortsAt(address))
                await columns.AddAsync(entries.Find(address, port.ToString()), address, port, loaded, cluster, source, cancel);
        }
        return columns;
    }

    public bool IsService(IpAddress address) => _services.Contains(address);

    /// <summary>Returns a client's routes to each endpoint; null when the address belongs to no Service, or the Service lacks the port.</summary>
    public (ServiceEntry Entry, IReadOnlyList<EvaluatedRoute> Routes)? Routes(NetPol.Cli.Connections.Endpoint from, NetPol.Cli.Connections.Endpoint to, DestinationPort port) =>
        to.Pod is null && _columns.TryGetValue((to.Addresses[0], port), out var column)
            ? (column.Entry, [.. column.Targets.SelectMany(t => EvaluatedRoute.Through(column.Entry, from, t))])
            : null;

    private async Task AddAsync(
        ServiceEntry? entry, IpAddress address, DestinationPort port, LoadedManifests loaded, ClusterSnapshot cluster, ClusterSource source, CancellationToken cancel)
    {
        if (entry is null || (entry.Node is null && ServicePorts.Find(entry.Service, entry.Port) is null))
            return;
        try
        {
            _columns[(address, port)] = (entry, await ServiceTargets.ReadAsync(entry, loaded, cluster, source, cancel));
        }
        catch (CommandException nowhere)
        {
            Console.Error.WriteLine($"note: {address} {port}: {nowhere.Message}");
        }
    }
}
