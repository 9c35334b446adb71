namespace NetPol.Agent.Flows;

/// <summary>How much a counter of the kernel's grows from one look to the next. It began before the first look, and begins again at 0 with its table.</summary>
internal sealed class CounterGrowth
{
    private ulong? _last;

    /// <param name="packets">Null when there is no such counter.</param>
    public long To(ulong? packets)
    {
        var now = packets ?? 0;
        var grown = _last is { } last ? now - (now < last ? 0 : last) : 0;
        _last = now;
        return (long)grown;
    }
}
