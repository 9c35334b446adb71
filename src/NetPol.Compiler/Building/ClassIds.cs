using NetPol.Compiler.Indexing;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>Computes peer identities. An identity hashes only the texts of its matchers, so it stays the same when pods come and go.</summary>
internal sealed class ClassIds(TraitTable traits, SequenceTrie classes)
{
    private readonly Dictionary<int, ClassId> _ids = [];
    private readonly Dictionary<ClassId, int> _classes = [];

    /// <exception cref="InvalidOperationException">Two different sets of matchers have the same hash.</exception>
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
