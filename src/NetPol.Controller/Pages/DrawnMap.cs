using NetPol.Compiler.Mapping;

namespace NetPol.Controller.Pages;

/// <summary>A map of namespaces.</summary>
/// <param name="Map">Who reaches whom.</param>
/// <param name="Revision">The revision of the rules that it shows, or an earlier one.</param>
/// <param name="At">When it was so.</param>
internal sealed record DrawnMap(NamespaceMap Map, long Revision, DateTimeOffset At)
{
    /// <summary>More are too many to look at, and for a browser.</summary>
    private const int Shown = 50;

    /// <summary>The first of the namespaces whose names hold a text.</summary>
    public MapView Show(string filter)
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
