using System.Runtime.InteropServices;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>Finds the pod signatures of a selection, by namespace or by label, whichever has fewer candidates.</summary>
internal sealed class ShapeSelector
{
    private readonly LabelIndex<Namespace> _namespaces = new(n => n.Labels);
    private readonly Dictionary<string, Namespace> _byName = new(StringComparer.Ordinal);
    private readonly LabelIndex<PodShape> _shapes = new(s => s.Labels);
    private readonly Dictionary<string, List<PodShape>> _byNamespace = new(StringComparer.Ordinal);
    private readonly Dictionary<LabelSelector, SelectedNamespaces> _selected = [];

    public void Add(PodShape shape)
    {
        _shapes.Add(shape);
        ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(_byNamespace, shape.Namespace, out _);
        (list ??= []).Add(shape);
    }

    /// <summary>Updates a namespace. Null means that it was deleted.</summary>
    public void Put(string name, Namespace? value)
    {
        if (_byName.Remove(name, out var before))
            _namespaces.Remove(before);
        if (value is not null)
        {
            _byName.Add(name, value);
            _namespaces.Add(value);
        }
        foreach (var (selector, selected) in _selected)
        {
            if (value is not null && selector.Matches(value.Labels))
                selected.Names.Add(name);
            else
                selected.Names.Remove(name);
        }
    }

    /// <summary>Returns the selected signatures, each once, in no particular order.</summary>
    public IEnumerable<PodShape> Select(PodSelection selection)
    {
        if (selection.Namespace is { } name)
            return In(name).Where(s => selection.Pods.Matches(s.Labels));
        var namespaces = Namespaces(selection.Namespaces);
        return _shapes.Cost(selection.Pods) < namespaces.Shapes
            ? _shapes.Select(selection.Pods).Where(s => namespaces.Names.Contains(s.Namespace))
            : namespaces.Names.SelectMany(In).Where(s => selection.Pods.Matches(s.Labels));
    }

    public bool Selects(PodSelection selection, PodShape shape) =>
        selection.Pods.Matches(shape.Labels) && (selection.Namespace is { } name
            ? string.Equals(name, shape.Namespace, StringComparison.Ordinal)
            : Namespaces(selection.Namespaces).Names.Contains(shape.Namespace));

    /// <summary>Returns the signatures of pods in a namespace.</summary>
    public List<PodShape> In(string name) => _byNamespace.TryGetValue(name, out var list) ? list : [];

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

    /// <param name="Names">The namespaces; follows their labels.</param>
    /// <param name="Shapes">How many shapes were in them when they were first asked for: good enough to choose the shorter way.</param>
    private sealed record SelectedNamespaces(HashSet<string> Names, int Shapes);
}
