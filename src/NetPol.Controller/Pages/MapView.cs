namespace NetPol.Controller.Pages;

/// <summary>A part of the map of namespaces, as the page gets it.</summary>
/// <param name="At">When it was so.</param>
/// <param name="Total">How many namespaces there are.</param>
/// <param name="Matching">How many have such a name as is looked for.</param>
/// <param name="Names">The first of them, by name.</param>
/// <param name="Rows">From each of them, a digit for each: 0 no pods, 1 open, 2 closed, 3 partly.</param>
internal sealed record MapView(DateTimeOffset At, int Total, int Matching, IReadOnlyList<string> Names, IReadOnlyList<string> Rows);
