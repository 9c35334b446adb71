using NetPol.Compiler.Analysis.Reachability;
using NetPol.Controller.RuleSets;

namespace NetPol.Controller.Dashboard;

/// <summary>
/// The map of namespaces. It is rendered only on request and after a change of the cluster, and for at most a tenth of the time. Rendering runs
/// on another thread than compilation. Safe for any thread.
/// </summary>
internal sealed class ReachabilityMatrix(RuleSetStore store, TimeProvider time) : IDisposable
{
    private const int PauseFactor = 9;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _drawing = new(1);
    private RenderedMatrix? _last;
    private DateTimeOffset _next;

    /// <summary>Returns the last map or renders a new one. A caller that comes during rendering waits for the result.</summary>
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
        // Read before the cluster: a change between the two reads is rendered now and again the next time.
        var revision = store.Revision;
        var map = NamespaceMapper.CreateMap(store.Cluster);
        var pause = PauseFactor * time.GetElapsedTime(started);
        _next = time.GetUtcNow() + (pause > ShortestPause ? pause : ShortestPause);
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
