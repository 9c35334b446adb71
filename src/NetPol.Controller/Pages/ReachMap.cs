using NetPol.Compiler.Mapping;
using NetPol.Controller.Rules;

namespace NetPol.Controller.Pages;

/// <summary>
/// The map of namespaces, made anew only when somebody looks and the cluster has changed, and then a tenth of the time at most. It is made
/// beside the thread that compiles. Safe for any thread.
/// </summary>
internal sealed class ReachMap(RuleBook book, TimeProvider time) : IDisposable
{
    private const int Rest = 9;
    private static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _drawing = new(1);
    private DrawnMap? _last;
    private DateTimeOffset _next;

    /// <summary>Whoever comes while it is made waits for it.</summary>
    public async Task<DrawnMap> LookAsync(CancellationToken cancel)
    {
        await _drawing.WaitAsync(cancel);
        try
        {
            if (_last is { } last && (last.Revision == book.Revision || time.GetUtcNow() < _next))
                return last;
            return _last = await Task.Run(Draw, cancel);
        }
        finally
        {
            _drawing.Release();
        }
    }

    public void Dispose() => _drawing.Dispose();

    private DrawnMap Draw()
    {
        var (at, started) = (time.GetUtcNow(), time.GetTimestamp());
        // Read before the cluster: what changes between the two is drawn, and once more the next time.
        var revision = book.Revision;
        var map = NamespaceMapper.Map(book.Cluster);
        var rest = Rest * time.GetElapsedTime(started);
        _next = time.GetUtcNow() + (rest > ShortestRest ? rest : ShortestRest);
        return new(map, revision, at);
    }
}
