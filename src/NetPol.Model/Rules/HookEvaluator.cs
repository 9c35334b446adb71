namespace NetPol.Model.Rules;

/// <summary>Finds the port policy for a subject and a peer in the rules of one enforcement point.</summary>
internal sealed class HookEvaluator
{
    private readonly SortedLookup<SubjectProfile, IpAddress, ProfileId> _rest;
    private readonly SortedLookup<SubjectProfile, IpAddress, ProfileId> _self;
    private readonly SortedLookup<PeerAddress, IpAddress, ClassId> _peers;
    private readonly SortedLookup<ClassCell, (ClassId Class, IpAddress Subject), ProfileId> _cells;
    private readonly ValueArray<PeerNetwork> _networks;

    public HookEvaluator(HookRules rules)
    {
        _rest = new(rules.Rest, r => r.Subject, r => r.Profile);
        _self = new(rules.Self, s => s.Subject, s => s.Profile);
        _peers = new(rules.Peers, p => p.Address, p => p.Class);
        _cells = new(rules.Cells, c => (c.Class, c.Subject), c => c.Profile);
        _networks = rules.Networks;
    }

    /// <summary>Returns null when <paramref name="subject"/> is no subject of this enforcement point.</summary>
    public ProfileId? Profile(IpAddress subject, IpAddress peer)
    {
        if (!_rest.TryGetValue(subject, out var rest))
            return null;
        if (subject == peer && _self.TryGetValue(subject, out var self))
            return self;
        return ClassOf(peer) is { } id && _cells.TryGetValue((id, subject), out var cell) ? cell : rest;
    }

    /// <summary>Returns the identity of a peer, or null when it has none.</summary>
    public ClassId? ClassOf(IpAddress peer)
    {
        if (_peers.TryGetValue(peer, out var id))
            return id;
        int low = 0, high = _networks.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var network = _networks[middle];
            if (network.Range.Contains(peer))
                return network.Class;
            if (network.Range.Last < peer)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return null;
    }
}
