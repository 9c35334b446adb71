using System.Runtime.InteropServices;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Selection;

/// <summary>Finds the pod signatures of a selection, by namespace or by label, whichever has fewer candidates.</summary>
internal sealed class PodSignatureIndex
{
    private readonly LabelIndex<Namespace> _namespaces = new(n => n.Labels);
    private readonly Dictionary<string, Namespace> _byName = new(StringComparer.Ordinal);
    private readonly LabelIndex<PodSignature> _signatures = new(s => s.Labels);
    private readonly Dictionary<string, List<PodSignature>> _byNamespace = new(StringComparer.Ordinal);
    private readonly Dictionary<LabelSelector, SelectedNamespaces> _selected = [];

    public void Add(PodSignature signature)
    {
        _signatures.Add(signature);
        ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(_byNamespace, signature.Namespace, out _);
        (list ??= []).Add(signature);
    }

    /// <summary>Updates a namespace. Null means that it was deleted.</summary>
    public void Update(string name, Namespace? value)
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
    public IEnumerable<PodSignature> Select(PodSelection selection)
    {
        if (selection.Namespace is { } name)
            return SignaturesInNamespace(name).Where(s => selection.Pods.Matches(s.Labels));
        var namespaces = Namespaces(selection.Namespaces);
        return _signatures.CountCandidates(selection.Pods) < namespaces.Signatures
            ? _signatures.Select(selection.Pods).Where(s => namespaces.Names.Contains(s.Namespace))
            : namespaces.Names.SelectMany(SignaturesInNamespace).Where(s => selection.Pods.Matches(s.Labels));
    }

    public bool Selects(PodSelection selection, PodSignature signature) =>
        selection.Pods.Matches(signature.Labels) && (selection.Namespace is { } name
            ? string.Equals(name, signature.Namespace, StringComparison.Ordinal)
            : Namespaces(selection.Namespaces).Names.Contains(signature.Namespace));

    /// <summary>Returns the signatures of pods in a namespace.</summary>
    public List<PodSignature> SignaturesInNamespace(string name) => _byNamespace.TryGetValue(name, out var list) ? list : [];

    private SelectedNamespaces Namespaces(LabelSelector selector)
    {
        ref var selected = ref CollectionsMarshal.GetValueRefOrAddDefault(_selected, selector, out var known);
        if (!known)
        {
            var names = _namespaces.Select(selector).Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
            selected = new(names, names.Sum(n => SignaturesInNamespace(n).Count));
        }
        return selected!;
    }

    /// <param name="Names">The selected namespaces. Updated when labels change.</param>
    /// <param name="Signatures">The number of their signatures at the first use. The estimate suffices to choose the faster search.</param>
    private sealed record SelectedNamespaces(HashSet<string> Names, int Signatures);
}
