using NetPol.Model;

namespace NetPol.Compiler.Mapping;

/// <summary>Which namespace's pods reach which namespace's.</summary>
/// <param name="namespaces">By name: those that there are, and those that only pods name.</param>
/// <param name="reaches">From each to each, row by row.</param>
public sealed class NamespaceMap(ValueArray<string> namespaces, Reach[] reaches)
{
    public ValueArray<string> Namespaces => namespaces;

    /// <param name="from">The place of the sources' namespace in <see cref="Namespaces"/>.</param>
    /// <param name="to">That of the destinations'.</param>
    public Reach this[int from, int to] => reaches[(from * namespaces.Count) + to];
}
