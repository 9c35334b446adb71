using NetPol.Compiler.Selection;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.RuleSets;

/// <summary>Computes peer identities. An identity hashes only the texts of its matchers, so it stays the same when pods come and go.</summary>
internal sealed class PeerIdentityTable(PeerMatcherTable matchers, SequenceTrie identities)
{
    private readonly Dictionary<int, PeerIdentity> _ids = [];
    private readonly Dictionary<PeerIdentity, int> _identities = [];

    /// <exception cref="InvalidOperationException">Two different sets of matchers have the same hash.</exception>
    public PeerIdentity GetId(int peerIdentity)
    {
        if (_ids.TryGetValue(peerIdentity, out var known))
            return known;
        var members = identities.Read(peerIdentity).Select(t => matchers[t]).ToArray();
        Array.Sort(members, (a, b) => string.CompareOrdinal(a.Text, b.Text));
        var text = new CanonicalText("class");
        foreach (var member in members)
            text.Add(member.Canonical);
        var id = new PeerIdentity(text.Hash());
        if (!_identities.TryAdd(id, peerIdentity))
            throw new InvalidOperationException($"two sets of peer matchers have the identity {id}");
        return _ids[peerIdentity] = id;
    }
}
