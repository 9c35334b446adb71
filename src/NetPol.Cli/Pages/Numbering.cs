namespace NetPol.Cli.Pages;

/// <summary>Numbers things from 0 as they come, so that a page names each of them once.</summary>
internal sealed class Numbering<T>
    where T : notnull
{
    private readonly Dictionary<T, int> _numbers = [];
    private readonly List<T> _all = [];

    /// <summary>By number.</summary>
    public IReadOnlyList<T> All => _all;

    public int Of(T thing)
    {
        if (_numbers.TryGetValue(thing, out var number))
            return number;
        _all.Add(thing);
        return _numbers[thing] = _all.Count - 1;
    }
}
