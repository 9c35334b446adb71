using NetPol.Model.Net;

namespace NetPol.Model.RuleSets;

/// <summary>Finds the changed entries of one enforcement point after which a pair of subject and peer may open a connection that it could not open before.</summary>
/// <param name="before">The rules before the change.</param>
/// <param name="after">The rules after it.</param>
/// <param name="isMoreOpen">Whether the second port policy allows what the first denies; null allows everything.</param>
internal sealed class VerdictOpenings(EnforcementRules before, EnforcementRules after, Func<PortPolicyId?, PortPolicyId?, bool> isMoreOpen)
{
    private readonly EnforcementRulesEvaluator _before = new(before);
    private readonly EnforcementRulesEvaluator _after = new(after);
    private readonly ILookup<PeerIdentity, IpAddress> _subjectsBefore = before.PolicyEntries.ToLookup(e => e.Identity, e => e.Subject);
    private readonly ILookup<PeerIdentity, IpAddress> _subjectsAfter = after.PolicyEntries.ToLookup(e => e.Identity, e => e.Subject);
    private readonly Dictionary<(PeerIdentity?, PeerIdentity?), bool> _transitions = [];

    /// <summary>Returns the subjects that become more open to a peer that keeps its identity, or to themselves.</summary>
    /// <param name="subjects">The subjects whose entries change.</param>
    public HashSet<IpAddress> FindSubjects(HashSet<IpAddress> subjects)
    {
        var found = subjects.Where(s => IsMoreOpen(s, null, null) || isMoreOpen(_before.FindPortPolicy(s, s), _after.FindPortPolicy(s, s))).ToHashSet();
        var kept = Named(before);
        kept.IntersectWith(Named(after));
        foreach (var entry in before.PolicyEntries.Concat(after.PolicyEntries))
        {
            if (kept.Contains(entry.Identity) && subjects.Contains(entry.Subject) && !found.Contains(entry.Subject) && IsMoreOpen(entry.Subject, entry.Identity, entry.Identity))
                found.Add(entry.Subject);
        }
        return found;
    }

    /// <summary>Whether a subject becomes more open to the peer with an address.</summary>
    /// <param name="peer">The address.</param>
    public bool OpensToPeer(IpAddress peer) => IsOpening(_before.FindIdentity(peer), _after.FindIdentity(peer));

    /// <summary>
    /// Whether a subject becomes more open to the first address of a changed network, or to the address after its last one. Identities change nowhere else, so the answers for all changed networks
    /// cover every address.
    /// </summary>
    /// <param name="range">A network before or after the change.</param>
    public bool OpensToNetwork(AddressRange range) => OpensFrom(range.First) || OpensFrom(range.Last with { Value = range.Last.Value + 1 });

    private static HashSet<PeerIdentity> Named(EnforcementRules rules) => [.. rules.Peers.Select(p => p.Identity), .. rules.Networks.Select(n => n.Identity)];

    private bool OpensFrom(IpAddress first) => IsOpening(_before.FindNetworkIdentity(first), _after.FindNetworkIdentity(first));

    private bool IsOpening(PeerIdentity? old, PeerIdentity? now)
    {
        if (_transitions.TryGetValue((old, now), out var known))
            return known;
        var subjects = (old is { } o ? _subjectsBefore[o] : []).Concat(now is { } n ? _subjectsAfter[n] : []);
        return _transitions[(old, now)] = subjects.Any(s => IsMoreOpen(s, old, now));
    }

    private bool IsMoreOpen(IpAddress subject, PeerIdentity? old, PeerIdentity? now) => isMoreOpen(_before.FindPortPolicy(subject, old), _after.FindPortPolicy(subject, now));
}
