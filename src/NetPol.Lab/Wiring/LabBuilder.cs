namespace NetPol.Lab.Wiring;

/// <summary>Makes what a plan says, as many namespaces at a time as there are processors.</summary>
internal sealed class LabBuilder
{
    private readonly LabPlan _plan;
    private readonly IProgress<LabProgress>? _progress;
    private readonly CancellationToken _cancel;

    public LabBuilder(LabPlan plan, IProgress<LabProgress>? progress, CancellationToken cancel)
    {
        _plan = plan;
        _progress = progress;
        _cancel = cancel;
    }

    public void Build()
    {
        // The first one alone: it also makes the folder of names when it is not there.
        _plan.Spaces[0].Make();
        ForEach("namespaces", _plan.Spaces, space =>
        {
            if (space != _plan.Spaces[0])
                space.Make();
            space.Run(() =>
            {
                SpaceSettings.Apply(space.Routes, _plan.HasIPv6);
                WireEnds.StartLoopback();
            });
        });

        // A link's upper side is made with the link; the lower sides, addresses included, once all links are there.
        ForEach("links", [.. _plan.Wires.GroupBy(wire => wire.Upper)], wires => wires.Key.Run(() => WireEnds.MakeUpper(wires, _plan.HasIPv6)));
        ForEach("addresses", _plan.Wires, wire => wire.Lower.Run(() => WireEnds.ConfigureLower(wire, _plan.HasIPv6)));
        ForEach("routes", _plan.Wires, wire => wire.Lower.Run(() => WireEnds.AwaitLower(wire)));
    }

    private void ForEach<T>(string step, IReadOnlyCollection<T> items, Action<T> action)
    {
        var done = 0;
        _progress?.Report(new(step, 0, items.Count));
        var options = new ParallelOptions { CancellationToken = _cancel, MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.ForEach(items, options, item =>
            {
                action(item);
                _progress?.Report(new(step, Interlocked.Increment(ref done), items.Count));
            });
        }
        catch (AggregateException several)
        {
            // All say much the same; the first one is what went wrong.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }
}
