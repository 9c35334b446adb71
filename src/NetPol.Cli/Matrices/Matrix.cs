using NetPol.Cli.CommandLine;
using NetPol.Cli.Services;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Cli.Matrices;

/// <summary>Who reaches whom: every ordered pair of endpoints on every port, as the compiled policies judge it.</summary>
internal sealed class Matrix
{
    private readonly Dictionary<(string From, string To, ProbePort Port), MatrixEntry> _entries;

    private Matrix(ValueArray<Endpoint> endpoints, ValueArray<ProbePort> ports, List<MatrixEntry> entries, List<MatrixEntry> otherwise, ServiceColumns services)
    {
        (Endpoints, Ports, Entries, Otherwise, Services) = (endpoints, ports, entries, otherwise, services);
        _entries = entries.ToDictionary(e => (e.From.Name, e.To.Name, e.Port));
    }

    /// <summary>Pods by id, then addresses in order.</summary>
    public ValueArray<Endpoint> Endpoints { get; }

    public ValueArray<ProbePort> Ports { get; }

    /// <summary>
    /// By source, destination, port. An endpoint and itself, two addresses that are no pods, endpoints without a common family, and a Service as a
    /// source make no entry. The entry of a Service is that of its endpoint which cannot be reached, where there is one.
    /// </summary>
    public IReadOnlyList<MatrixEntry> Entries { get; }

    /// <summary>The questions of <see cref="Entries"/> to which another address family of the same two, or another endpoint of the Service, gives another verdict.</summary>
    public IReadOnlyList<MatrixEntry> Otherwise { get; }

    /// <summary>The addresses that are those of Services.</summary>
    public ServiceColumns Services { get; }

    /// <summary>Null where there is no question.</summary>
    public MatrixEntry? this[Endpoint from, Endpoint to, ProbePort port] => _entries.GetValueOrDefault((from.Name, to.Name, port));

    /// <summary>The entry for the same question; null where this matrix does not ask it.</summary>
    public MatrixEntry? Find(MatrixEntry same) => this[same.From, same.To, same.Port];

    /// <param name="world">A complete world.</param>
    /// <param name="ruleSets">What it compiles to.</param>
    /// <param name="ports">The ports to ask for; empty: every port that some pod declares.</param>
    /// <param name="addresses">Endpoints beside the pods; one that is a pod's is left out, it is there already.</param>
    /// <param name="services">Which of the addresses are those of Services; null for none.</param>
    public static Matrix Of(
        ClusterSnapshot world, ValueArray<NodeRuleSet> ruleSets, IReadOnlyCollection<ProbePort> ports, IReadOnlyCollection<IpAddress> addresses, ServiceColumns? services = null)
    {
        services ??= ServiceColumns.None;
        var pods = world.Pods.Where(p => p.IsSelectable && !p.Addresses.IsEmpty).ToList();
        var podAddresses = pods.SelectMany(p => p.Addresses).ToHashSet();
        var endpoints = pods.Select(Endpoint.Of)
            .Concat(addresses.Where(a => !podAddresses.Contains(a)).Distinct().Order().Select(Endpoint.Of))
            .ToValueArray();
        var declared = (ports.Count > 0 ? ports : pods.SelectMany(p => p.Ports).Select(p => new ProbePort(p.Protocol, p.Number))).ToHashSet();
        var asked = declared.Concat(services.Ports).Distinct().Order(ProbePort.Order).ToValueArray();
        if (asked.IsEmpty)
            throw new CommandException($"no pod declares a port: write --port with {ProbePort.Syntax}");
        var (entries, otherwise) = Judge(endpoints, asked, declared, services, new(ruleSets, world));
        return new(endpoints, asked, entries, otherwise, services);
    }

    private static (List<MatrixEntry> Entries, List<MatrixEntry> Otherwise) Judge(
        ValueArray<Endpoint> endpoints, ValueArray<ProbePort> ports, HashSet<ProbePort> declared, ServiceColumns services, ClusterEvaluator evaluator)
    {
        var (entries, otherwise) = (new List<MatrixEntry>(), new List<MatrixEntry>());
        foreach (var from in endpoints.Where(e => !IsService(e)))
        {
            foreach (var to in endpoints.Where(e => e != from))
            {
                foreach (var port in ports)
                {
                    var judged = Judge(from, to, port);
                    if (judged.Count == 0)
                        continue;
                    // Of the endpoints of a Service one that cannot be reached says the most.
                    var entry = judged.Find(e => e.Service is not null && e.Verdict.Verdict == Verdict.Deny) ?? judged[0];
                    entries.Add(entry);
                    otherwise.AddRange(judged.Where(e => e.Verdict.Verdict != entry.Verdict.Verdict));
                }
            }
        }
        return (entries, otherwise);

        bool IsService(Endpoint endpoint) => endpoint.Pod is null && services.IsService(endpoint.Addresses[0]);

        List<MatrixEntry> Judge(Endpoint from, Endpoint to, ProbePort port)
        {
            if (services.Routes(from, to, port) is { } through)
                return [.. through.Routes.Select(r => Matrix.Judge(from, to, port, r, evaluator) with { Service = through.Entry.Service.Id })];
            if (!declared.Contains(port) || IsService(to) || (from.Pod is null && to.Pod is null))
                return [];
            return [.. JudgedRoute.Between(from, to, port).Select(r => Matrix.Judge(from, to, port, r, evaluator))];
        }
    }

    private static MatrixEntry Judge(Endpoint from, Endpoint to, ProbePort port, JudgedRoute route, ClusterEvaluator evaluator)
    {
        var verdict = evaluator.Judge(route.Arriving);
        return new(from, to, port, route.Arriving, route.Leaving == route.Arriving ? verdict : new(evaluator.Judge(route.Leaving).Egress, verdict.Ingress));
    }
}
