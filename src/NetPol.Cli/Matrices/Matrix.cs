using NetPol.Cli.CommandLine;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Cli.Matrices;

/// <summary>Who reaches whom: every ordered pair of endpoints on every port, as the compiled policies judge it.</summary>
internal sealed class Matrix
{
    private readonly Dictionary<(string From, string To, ProbePort Port), MatrixEntry> _entries;

    private Matrix(ValueArray<Endpoint> endpoints, ValueArray<ProbePort> ports, List<MatrixEntry> entries, List<MatrixEntry> otherwise)
    {
        (Endpoints, Ports, Entries, Otherwise) = (endpoints, ports, entries, otherwise);
        _entries = entries.ToDictionary(e => (e.From.Name, e.To.Name, e.Port));
    }

    /// <summary>Pods by id, then addresses in order.</summary>
    public ValueArray<Endpoint> Endpoints { get; }

    public ValueArray<ProbePort> Ports { get; }

    /// <summary>
    /// By source, destination, port. An endpoint and itself, two addresses that are no pods, and endpoints without a common family make no entry.
    /// </summary>
    public IReadOnlyList<MatrixEntry> Entries { get; }

    /// <summary>The questions of <see cref="Entries"/> to which another address family of the same two gives another verdict, judged over that family.</summary>
    public IReadOnlyList<MatrixEntry> Otherwise { get; }

    /// <summary>Null where there is no question.</summary>
    public MatrixEntry? this[Endpoint from, Endpoint to, ProbePort port] => _entries.GetValueOrDefault((from.Name, to.Name, port));

    /// <summary>The entry for the same question; null where this matrix does not ask it.</summary>
    public MatrixEntry? Find(MatrixEntry same) => this[same.From, same.To, same.Port];

    /// <param name="world">A complete world.</param>
    /// <param name="ruleSets">What it compiles to.</param>
    /// <param name="ports">The ports to ask for; empty: every port that some pod declares.</param>
    /// <param name="addresses">Endpoints beside the pods; one that is a pod's is left out, it is there already.</param>
    public static Matrix Of(
        ClusterSnapshot world, ValueArray<NodeRuleSet> ruleSets, IReadOnlyCollection<ProbePort> ports, IReadOnlyCollection<IpAddress> addresses)
    {
        var pods = world.Pods.Where(p => p.IsSelectable && !p.Addresses.IsEmpty).ToList();
        var podAddresses = pods.SelectMany(p => p.Addresses).ToHashSet();
        var endpoints = pods.Select(Endpoint.Of)
            .Concat(addresses.Where(a => !podAddresses.Contains(a)).Distinct().Order().Select(Endpoint.Of))
            .ToValueArray();
        var asked = (ports.Count > 0 ? ports : pods.SelectMany(p => p.Ports).Select(p => new ProbePort(p.Protocol, p.Number)))
            .Distinct().Order(ProbePort.Order).ToValueArray();
        if (asked.IsEmpty)
            throw new CommandException($"no pod declares a port: write --port with {ProbePort.Syntax}");
        var (entries, otherwise) = Judge(endpoints, asked, new(ruleSets, world));
        return new(endpoints, asked, entries, otherwise);
    }

    private static (List<MatrixEntry> Entries, List<MatrixEntry> Otherwise) Judge(
        ValueArray<Endpoint> endpoints, ValueArray<ProbePort> ports, ClusterEvaluator evaluator)
    {
        var (entries, otherwise) = (new List<MatrixEntry>(), new List<MatrixEntry>());
        foreach (var from in endpoints)
        {
            foreach (var to in endpoints)
            {
                if (from == to || (from.Pod is null && to.Pod is null))
                    continue;
                var routes = Endpoint.Routes(from, to).ToList();
                foreach (var port in routes.Count == 0 ? [] : ports)
                {
                    var judged = routes.ConvertAll(route => Judge(from, to, port, route, evaluator));
                    entries.Add(judged[0]);
                    otherwise.AddRange(judged.Where(e => e.Verdict.Verdict != judged[0].Verdict.Verdict));
                }
            }
        }
        return (entries, otherwise);
    }

    private static MatrixEntry Judge(Endpoint from, Endpoint to, ProbePort port, (IpAddress Source, IpAddress Destination) route, ClusterEvaluator evaluator)
    {
        var connection = new Connection(route.Source, route.Destination, port.In(route.Destination.Family), port.Number);
        return new(from, to, port, connection, evaluator.Judge(connection));
    }
}
