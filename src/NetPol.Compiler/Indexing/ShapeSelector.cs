using System.Runtime.InteropServices;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>Finds the shapes that a selection selects, by namespace or by label, whichever leaves fewer to look at.</summary>
internal sealed class ShapeSelector
{
    private readonly LabelIndex<Namespace> _namespaces;
    private readonly LabelIndex<PodShape> _shapes;
    private readonly Dictionary<string, List<PodShape>> _byNamespace = new(StringComparer.Ordinal);
    private readonly Dictionary<LabelSelector, SelectedNamespaces> _selected = [];

    public ShapeSelector(ValueArray<Namespace> namespaces, PodShape[] shapes)
    {
        _namespaces = new([.. namespaces], n => n.Labels);
        _shapes = new(shapes, s => s.Labels);
        foreach (var shape in shapes)
        {
            ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(_byNamespace, shape.Namespace, out _);
            (list ??= []).Add(shape);
        }
    }

    /// <summary>Each selected shape once, in no particular order.</summary>
    public IEnumerable<PodShape> Select(PodSelection selection)
    {
        if (selection.Namespace is { } name)
            return In(name).Where(s => selection.Pods.Matches(s.Labels));
        var namespaces = Namespaces(selection.Namespaces);
        return _shapes.Cost(selection.Pods) < namespaces.Shapes
            ? _shapes.Select(selection.Pods).Where(s => namespaces.Names.Contains(s.Namespace))
            : namespaces.Names.SelectMany(In).Where(s => selection.Pods.Matches(s.Labels));
    }

    /// <summary>Whether the selection selects a shape, which need not be one of the known.</summary>
    public bool Selects(PodSelection selection, PodShape shape) =>
        (selection.Namespace is { } name ? string.Equals(name, shape.Namespace, StringComparison.Ordinal) : Namespaces(selection.Namespaces).Names.Contains(shape.Namespace)) &&
        selection.Pods.Matches(shape.Labels);

    private SelectedNamespaces Namespaces(LabelSelector selector)
    {
        ref var selected = ref CollectionsMarshal.GetValueRefOrAddDefault(_selected, selector, out var known);
        if (!known)
        {
            var names = _namespaces.Select(selector).Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
            selected = new(names, names.Sum(n => In(n).Count));
        }
        return selected!;
    }

    private List<PodShape> In(string name) => _byNamespace.TryGetValue(name, out var list) ? list : [];

    private sealed record SelectedNamespaces(HashSet<string> Names, int Shapes);
}
