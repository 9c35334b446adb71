using NetPol.Compiler.Indexing;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>The ids of classes: hashes of the texts of the traits in them and of nothing else, so that a class keeps its id when pods come and go.</summary>
internal sealed class ClassIds(TraitTable traits, SequenceTrie classes)
{
    private readonly Dictionary<int, ClassId> _ids = [];
    private readonly Dictionary<ClassId, int> _classes = [];

    /// <exception cref="InvalidOperationException">Two different classes have one hash.</exception>
    public ClassId Of(int peerClass)
    {
        if (_ids.TryGetValue(peerClass, out var known))
            return known;
        var members = classes.Read(peerClass).Select(t => traits[t]).ToArray();
        Array.Sort(members, (a, b) => string.CompareOrdinal(a.Text, b.Text));
        var text = new CanonicalText("class");
        foreach (var member in members)
            text.Add(member.Canonical);
        var id = new ClassId(text.Hash());
        if (!_classes.TryAdd(id, peerClass))
            throw new InvalidOperationException($"two peer classes have the id {id}");
        return _ids[peerClass] = id;
    }
}
