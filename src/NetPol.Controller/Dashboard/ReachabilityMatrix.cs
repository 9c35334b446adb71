using NetPol.Compiler.Analysis.Reachability;
using NetPol.Controller.RuleSets;

namespace NetPol.Controller.Dashboard;

/// <summary>
/// The map of namespaces, made anew only when somebody looks and the cluster has changed, and then a tenth of the time at most. It is made
/// beside the thread that compiles. Safe for any thread.
/// </summary>
internal sealed class ReachabilityMatrix(RuleSetStore store, TimeProvider time) : IDisposable
{
    private const int Rest = 9;
    private static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _drawing = new(1);
    private RenderedMatrix? _last;
    private DateTimeOffset _next;

    /// <summary>Whoever comes while it is made waits for it.</summary>
    public async Task<RenderedMatrix> RenderAsync(CancellationToken cancel)
    {
        await _drawing.WaitAsync(cancel);
        try
        {
            if (_last is { } last && (last.Revision == store.Revision || time.GetUtcNow() < _next))
                return last;
            return _last = await Task.Run(Render, cancel);
        }
        finally
        {
            _drawing.Release();
        }
    }

    public void Dispose() => _drawing.Dispose();

    private RenderedMatrix Render()
    {
        var (at, started) = (time.GetUtcNow(), time.GetTimestamp());
        // Read before the cluster: what changes between the two is drawn, and once more the next time.
        var revision = store.Revision;
        var map = NamespaceMapper.CreateMap(store.Cluster);
        var rest = Rest * time.GetElapsedTime(started);
        _next = time.GetUtcNow() + (rest > ShortestRest ? rest : ShortestRest);
        return new(map, revision, at);
    }
}

/// <summary>A map of namespaces.</summary>
/// <param name="Map">Who reaches whom.</param>
/// <param name="Revision">The revision of the rules that it shows, or an earlier one.</param>
/// <param name="At">When it was so.</param>
internal sealed record RenderedMatrix(NamespaceMap Map, long Revision, DateTimeOffset At)
{
    /// <summary>More are too many to look at, and for a browser.</summary>
    private const int Shown = 50;

    /// <summary>The first of the namespaces whose names hold a text.</summary>
    public MatrixView Filter(string filter)
    {
        var matching = Enumerable.Range(0, Map.Namespaces.Count).Where(n => Map.Namespaces[n].Contains(filter, StringComparison.OrdinalIgnoreCase)).ToList();
        var shown = matching.Take(Shown).ToList();
        return new(
            At,
            Map.Namespaces.Count,
            matching.Count,
            [.. shown.Select(n => Map.Namespaces[n])],
            [.. shown.Select(from => string.Concat(shown.Select(to => (int)Map[from, to])))]);
    }
}
