using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Testing.Samples;

/// <summary>Resolves the names in an <see cref="ExpectedMatrix"/> to addresses, and rejects grids that do not fit the cluster.</summary>
internal sealed class ExpectedMatrixResolver
{
    private readonly ExpectedMatrix _matrix;
    private readonly Dictionary<string, Pod> _pods;

    public ExpectedMatrixResolver(ExpectedMatrix matrix, ClusterSnapshot cluster)
    {
        _matrix = matrix;
        _pods = cluster.Pods.Where(p => !p.Finished).ToDictionary(p => p.Id.ToString(), StringComparer.Ordinal);
    }

    public IReadOnlyList<ExpectedConnection> Resolve()
    {
        CheckPorts();
        var all = new List<ExpectedConnection>();
        foreach (var grid in _matrix.Grids)
        {
            CheckEnds(grid);
            for (var from = 0; from < grid.Ends.Count; from++)
            {
                for (var to = 0; to < grid.Ends.Count; to++)
                    all.AddRange(Pair(grid, from, to));
            }
        }
        return all;
    }

    private IEnumerable<ExpectedConnection> Pair(ExpectedGrid grid, int from, int to)
    {
        var cell = grid.Cells[from][to];
        var connections = Connections(grid, grid.Ends[from], grid.Ends[to]);
        if (cell == ExpectedCell.NoQuestion)
        {
            return connections.Count == 0 || from == to
                ? []
                : throw Wrong(grid, $"{grid.Ends[from]} -> {grid.Ends[to]} is a question: write . or X");
        }
        var verdict = cell == ExpectedCell.Allow ? Verdict.Allow : Verdict.Deny;
        return connections.Count > 0
            ? connections.Select(c => new ExpectedConnection(grid.Ends[from], grid.Ends[to], c, verdict))
            : throw Wrong(grid, $"{grid.Ends[from]} -> {grid.Ends[to]} is no question: write -");
    }

    /// <summary>Returns the connections between addresses of one family. Empty if neither end is a pod. A pod connects to itself through a Service.</summary>
    private List<Connection> Connections(ExpectedGrid grid, string sender, string receiver)
    {
        if (!_pods.ContainsKey(sender) && !_pods.ContainsKey(receiver))
            return [];
        var isItself = string.Equals(sender, receiver, StringComparison.Ordinal);
        var pairs =
            from port in grid.Ports
            from source in Addresses(grid, sender)
            from destination in Addresses(grid, receiver)
            where source.Family == destination.Family && (grid.Family is null || source.Family == grid.Family)
            select new Connection(source, destination, port.ProtocolOver(source.Family), port.Number) { IsThroughService = isItself };
        return [.. pairs];
    }

    private ValueArray<IpAddress> Addresses(ExpectedGrid grid, string end)
    {
        if (!_pods.TryGetValue(end, out var pod))
            return [IpAddress.Parse(end)];
        return pod.Addresses.IsEmpty ? throw Wrong(grid, $"{end} has no address") : pod.Addresses;
    }

    private void CheckEnds(ExpectedGrid grid)
    {
        if (grid.Ends != _matrix.Grids[0].Ends)
            throw Wrong(grid, "all grids have the same rows in the same order");
        if (grid.Ends.FirstOrDefault(end => !_pods.ContainsKey(end) && !IpAddress.TryParse(end, out _)) is { } unknown)
            throw Wrong(grid, $"{unknown} is no live pod of this cluster and no address");
        if (_pods.Keys.Except(grid.Ends, StringComparer.Ordinal).Order(StringComparer.Ordinal).FirstOrDefault() is { } missing)
            throw Wrong(grid, $"{missing} has no row");
    }

    private void CheckPorts()
    {
        var seen = new HashSet<(ExpectedPort Port, IpFamily Family)>();
        foreach (var grid in _matrix.Grids)
        {
            foreach (var port in grid.Ports)
            {
                IpFamily[] families = grid.Family is { } only ? [only] : [IpFamily.V4, IpFamily.V6];
                if (!families.All(family => seen.Add((port, family))))
                    throw Wrong(grid, $"{port} has a grid already");
            }
        }
        foreach (var pod in _pods.Values)
        {
            var declared = pod.Ports.SelectMany(_ => pod.Addresses, (p, a) => (Port: new ExpectedPort(p.Protocol, p.Number), a.Family));
            foreach (var (port, family) in declared.Where(d => !seen.Contains(d)))
                throw Wrong(_matrix.Grids[0], $"{port} over {(family == IpFamily.V4 ? "IPv4" : "IPv6")}, which {pod.Id} declares, has no grid");
        }
    }

    private static FormatException Wrong(ExpectedGrid grid, string what) => new($"grid at line {grid.Line}: {what}");
}
