using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Services;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Matrix;

/// <summary>The verdicts of the compiled policies for every ordered pair of endpoints and every port.</summary>
internal sealed class ConnectivityMatrix
{
    private readonly Dictionary<(string From, string To, DestinationPort Port), MatrixEntry> _entries;

    private ConnectivityMatrix(ValueArray<Endpoint> endpoints, ValueArray<DestinationPort> ports, List<MatrixEntry> entries, List<MatrixEntry> differing, ServiceColumns services)
    {
        (Endpoints, Ports, Entries, DifferingEntries, Services) = (endpoints, ports, entries, differing, services);
        _entries = entries.ToDictionary(e => (e.From.Name, e.To.Name, e.Port));
    }

    /// <summary>The pods by id, then the addresses in order.</summary>
    public ValueArray<Endpoint> Endpoints { get; }

    public ValueArray<DestinationPort> Ports { get; }

    /// <summary>
    /// The entries by source, destination and port. There is no entry for an endpoint and itself, two addresses without a pod, endpoints without a common
    /// family, or a Service as a source. The entry of a Service is that of a denied endpoint, if there is one.
    /// </summary>
    public IReadOnlyList<MatrixEntry> Entries { get; }

    /// <summary>The entries for which another address family, or another endpoint of the Service, has a different verdict.</summary>
    public IReadOnlyList<MatrixEntry> DifferingEntries { get; }

    /// <summary>The addresses that belong to Services.</summary>
    public ServiceColumns Services { get; }

    /// <summary>The entry for two endpoints and a port; null when there is none.</summary>
    public MatrixEntry? this[Endpoint from, Endpoint to, DestinationPort port] => _entries.GetValueOrDefault((from.Name, to.Name, port));

    /// <summary>Returns the entry of this matrix for the same endpoints and port; null when there is none.</summary>
    public MatrixEntry? Find(MatrixEntry same) => this[same.From, same.To, same.Port];

    /// <param name="cluster">A completed cluster.</param>
    /// <param name="ruleSets">The compiled rule sets of the cluster.</param>
    /// <param name="ports">The ports to evaluate; if empty, every port that a pod declares.</param>
    /// <param name="addresses">Endpoints besides the pods. Addresses of pods are skipped, since they are already there.</param>
    /// <param name="services">The Services among the addresses; null for none.</param>
    public static ConnectivityMatrix Create(
        ClusterSnapshot cluster, ValueArray<NodeRuleSet> ruleSets, IReadOnlyCollection<DestinationPort> ports, IReadOnlyCollection<IpAddress> addresses, ServiceColumns? services = null)
    {
        services ??= ServiceColumns.None;
        var pods = cluster.Pods.Where(p => p.IsSelectable && !p.Addresses.IsEmpty).ToList();
        var podAddresses = pods.SelectMany(p => p.Addresses).ToHashSet();
        var endpoints = pods.Select(Endpoint.Create)
            .Concat(addresses.Where(a => !podAddresses.Contains(a)).Distinct().Order().Select(Endpoint.Create))
            .ToValueArray();
        var declared = (ports.Count > 0 ? ports : pods.SelectMany(p => p.Ports).Select(p => new DestinationPort(p.Protocol, p.Number))).ToHashSet();
        var asked = declared.Concat(services.Ports).Distinct().Order(DestinationPort.Order).ToValueArray();
        if (asked.IsEmpty)
            throw new CommandException($"no pod declares a port: write --port with {DestinationPort.Syntax}");
        var (entries, differing) = Evaluate(endpoints, asked, declared, services, new(ruleSets, cluster));
        return new(endpoints, asked, entries, differing, services);
    }

    private static (List<MatrixEntry> Entries, List<MatrixEntry> Differing) Evaluate(
        ValueArray<Endpoint> endpoints, ValueArray<DestinationPort> ports, HashSet<DestinationPort> declared, ServiceColumns services, ClusterEvaluator evaluator)
    {
        var (entries, differing) = (new List<MatrixEntry>(), new List<MatrixEntry>());
        foreach (var from in endpoints.Where(e => !IsService(e)))
        {
            foreach (var to in endpoints.Where(e => e != from))
            {
                foreach (var port in ports)
                {
                    var evaluated = Evaluate(from, to, port);
                    if (evaluated.Count == 0)
                        continue;
                    // A denied endpoint represents the Service best.
                    var entry = evaluated.Find(e => e.Service is not null && e.Verdict.Verdict == Verdict.Deny) ?? evaluated[0];
                    entries.Add(entry);
                    differing.AddRange(evaluated.Where(e => e.Verdict.Verdict != entry.Verdict.Verdict));
                }
            }
        }
        return (entries, differing);

        bool IsService(Endpoint endpoint) => endpoint.Pod is null && services.IsService(endpoint.Addresses[0]);

        List<MatrixEntry> Evaluate(Endpoint from, Endpoint to, DestinationPort port)
        {
            if (services.Routes(from, to, port) is { } through)
                return [.. through.Routes.Select(r => ConnectivityMatrix.Evaluate(from, to, port, r, evaluator) with { Service = through.Entry.Service.Id })];
            if (!declared.Contains(port) || IsService(to) || (from.Pod is null && to.Pod is null))
                return [];
            return [.. EvaluatedRoute.Between(from, to, port).Select(r => ConnectivityMatrix.Evaluate(from, to, port, r, evaluator))];
        }
    }

    private static MatrixEntry Evaluate(Endpoint from, Endpoint to, DestinationPort port, EvaluatedRoute route, ClusterEvaluator evaluator)
    {
        var verdict = evaluator.Evaluate(route.AtDestination);
        return new(from, to, port, route.AtDestination, route.AtSource == route.AtDestination ? verdict : new(evaluator.Evaluate(route.AtSource).Egress, verdict.Ingress));
    }
}

/// <summary>The verdict for one connection.</summary>
/// <param name="From">The source.</param>
/// <param name="To">The destination.</param>
/// <param name="Port">The destination port.</param>
/// <param name="Connection">The connection on the wire.</param>
/// <param name="Verdict">The verdict of the policies.</param>
internal sealed record MatrixEntry(Endpoint From, Endpoint To, DestinationPort Port, Connection Connection, ConnectionVerdict Verdict)
{
    /// <summary>The Service that the connection goes through; null when there is none.</summary>
    public string? Service { get; init; }
}
