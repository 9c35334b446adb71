using System.Runtime.InteropServices;
using NetPol.Compiler.Ports;
using NetPol.Compiler.Selection;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.RuleSets;

/// <summary>
/// Computes the delta of an enforcement point's rules. A full compilation is the delta from empty rules. Every entry is computed before and after the
/// change, so there is no state per peer.
/// </summary>
internal sealed class RuleDeltaBuilder
{
    private readonly ClusterIndex _index;
    private readonly PeerIdentityTable _peerIdentities;
    private readonly PeerResolver _before, _after;
    private readonly ListChangeBuilder<SubjectPortPolicy> _defaultPolicy = new(), _self = new();
    private readonly ListChangeBuilder<PeerAddress> _peers = new();
    private readonly ListChangeBuilder<PeerNetwork> _networks = new();
    private readonly ListChangeBuilder<PolicyEntry> _policyEntries = new();
    private readonly List<Move> _moves = [];
    private readonly List<(IpAddress Subject, int PortPolicy)> _row = [];
    private readonly HashSet<int> _addedPolicySets = [], _removedPolicySets = [];
    private int[] _touched = [];
    private int _round;

    public RuleDeltaBuilder(ClusterIndex index, SequenceTrie identities)
    {
        _index = index;
        _peerIdentities = new(index.Matchers, identities);
        (_before, _after) = (new(index, identities), new(index, identities));
    }

    /// <param name="point">The state before the change. It is updated.</param>
    /// <param name="portPolicies">The node's port policies.</param>
    /// <param name="change">The change.</param>
    /// <param name="self">
    /// Returns the port policy of a subject for itself, given its identity as a peer. Null if it equals the one for the identity.
    /// </param>
    /// <param name="defaultAllow">The port policy that allows everything by default.</param>
    public EnforcementRulesDelta Update(RuleDeltaState point, PortPolicyRefs portPolicies, RuleDeltaInput change, Func<SubjectMove, int, int?> self, int defaultAllow)
    {
        var policySetsBefore = point.Subjects.PolicySets;
        PlanMoves(point, change.Subjects);
        var policySetsAfter = point.Subjects.PolicySets;
        foreach (var policySet in _removedPolicySets)
            policySetsAfter[policySet] = null;
        _before.Reset(policySetsBefore);
        var after = _before;
        var networks = point.Networks;
        var allPeersChange = change.RangesChanged || _addedPolicySets.Count > 0 || _removedPolicySets.Count > 0;
        if (allPeersChange)
        {
            after = _after;
            after.Reset(policySetsAfter);
            networks = after.PartitionNetworks(point.PeerRelation == PeerRelation.OwnNode ? point.Node.Node : null);
            point.Matchers = [.. after.Matchers];
            UpdateNetworks(point, networks);
        }
        if (point.PeerRelation == PeerRelation.Other)
            UpdatePeers(point, change, after, networks, allPeersChange);
        PlanSelf(point, after, networks, self);
        point.Networks = networks;

        var (identitiesBegun, identitiesEnded) = point.Identities.TakeChanges();
        identitiesBegun.Sort(CompareIds);
        identitiesEnded.Sort(CompareIds);
        foreach (var peerIdentity in identitiesEnded)
            RemovePolicyEntries(point, portPolicies, peerIdentity);
        if (_moves.Exists(m => m.Before != m.After))
            MovePolicyEntries(point, portPolicies, identitiesBegun);
        foreach (var move in _moves)
            point.Subjects.Move(move.Address, move.After);
        foreach (var peerIdentity in identitiesBegun)
            AddPolicyEntries(point, portPolicies, after, peerIdentity);
        UpdateSubjects(point, portPolicies, policySetsBefore, policySetsAfter, defaultAllow);
        foreach (var policySet in _removedPolicySets)
            point.Subjects.RemovePolicySet(policySet);
        return new()
        {
            Defaults = _defaultPolicy.TakeChange(r => r.Subject),
            Self = _self.TakeChange(s => s.Subject),
            Peers = _peers.TakeChange(p => p.Address),
            Networks = _networks.TakeChange(n => n.Range),
            Identities = new(Ids(identitiesEnded), Ids(identitiesBegun)),
            PolicyEntries = _policyEntries.TakeChange(c => (c.Identity, c.Subject)),
        };
    }

    private int CompareIds(int one, int other) => _peerIdentities.GetId(one).CompareTo(_peerIdentities.GetId(other));

    private ValueArray<PeerIdentity> Ids(List<int> identities) => identities.Select(_peerIdentities.GetId).ToValueArray();

    /// <summary>Finds the old and new policy set of each subject, and the policy sets that are added or removed.</summary>
    private void PlanMoves(RuleDeltaState point, List<SubjectMove> subjects)
    {
        _moves.Clear();
        _addedPolicySets.Clear();
        _removedPolicySets.Clear();
        var members = new Dictionary<int, int>();
        foreach (var subject in subjects)
        {
            var before = point.Subjects.PolicySetNumberAt(subject.Address);
            var after = subject.PolicySet is { } policySet ? point.Subjects.GetOrAddPolicySet(policySet) : SubjectTable.None;
            if (before == SubjectTable.None && after == SubjectTable.None)
                continue;
            _moves.Add(new(subject, before, after));
            if (before != SubjectTable.None)
                CollectionsMarshal.GetValueRefOrAddDefault(members, before, out _)--;
            if (after != SubjectTable.None)
                CollectionsMarshal.GetValueRefOrAddDefault(members, after, out _)++;
        }
        foreach (var (policySet, more) in members)
        {
            var count = point.Subjects.Members(policySet).Count;
            if (count == 0)
                _addedPolicySets.Add(policySet);
            else if (count + more == 0)
                _removedPolicySets.Add(policySet);
        }
    }

    private void UpdateNetworks(RuleDeltaState point, List<(AddressRange Range, int Identity)> networks)
    {
        foreach (var (range, peerIdentity) in point.Networks)
        {
            if (!_before.HasPolicyEntries(peerIdentity))
                continue;
            _networks.Remove(new(range, _peerIdentities.GetId(peerIdentity)));
            point.Identities.Remove(peerIdentity);
        }
        foreach (var (range, peerIdentity) in networks)
        {
            if (!_after.HasPolicyEntries(peerIdentity))
                continue;
            _networks.Add(new(range, _peerIdentities.GetId(peerIdentity)));
            point.Identities.Add(peerIdentity);
        }
    }

    /// <summary>Updates changed addresses. If policy sets or networks changed, also all addresses that these affect.</summary>
    private void UpdatePeers(RuleDeltaState point, RuleDeltaInput change, PeerResolver after, List<(AddressRange Range, int Identity)> networks, bool allPeersChange)
    {
        var (networkBefore, networkAfter) = (new RangeCursor(point.Networks), new RangeCursor(networks));
        if (!allPeersChange)
        {
            foreach (var seen in change.VisibleChanges)
                Update(seen);
            return;
        }
        MarkEndpointClasses(point);
        var addresses = _index.Endpoints.Addresses;
        var endpointClasses = _index.Endpoints.ClassOf;
        var changed = CollectionsMarshal.AsSpan(change.AllChanges);
        var next = 0;
        for (var a = 0; a < addresses.Length; a++)
        {
            var address = addresses[a];
            while (next < changed.Length && changed[next].Address < address)
                Update(changed[next++]);
            if (next < changed.Length && changed[next].Address == address)
            {
                Update(changed[next++]);
                continue;
            }
            var (before, now) = (networkBefore.IdentityAt(address), networkAfter.IdentityAt(address));
            if (before != now || _touched[endpointClasses[a]] == _round)
                UpdatePeer(point, address, _before.ListedIdentity(endpointClasses[a], before), after.ListedIdentity(endpointClasses[a], now));
        }
        while (next < changed.Length)
            Update(changed[next++]);

        void Update(AddressChange one) => UpdatePeer(
            point, one.Address, _before.ListedIdentity(one.OldClass, networkBefore.IdentityAt(one.Address)), after.ListedIdentity(one.NewClass, networkAfter.IdentityAt(one.Address)));
    }

    /// <summary>Marks the endpoint classes with a matcher of an added or removed policy set.</summary>
    private void MarkEndpointClasses(RuleDeltaState point)
    {
        _round++;
        if (_touched.Length < _index.Endpoints.Classes.Count)
            Array.Resize(ref _touched, _index.Endpoints.Classes.Count * 2);
        var policySets = point.Subjects.PolicySets;
        foreach (var matcher in _addedPolicySets.Concat(_removedPolicySets).SelectMany(g => policySets[g]!.Matchers).Distinct())
        {
            foreach (var endpointClass in _index.Endpoints.ClassesByMatcher[matcher])
                _touched[endpointClass] = _round;
        }
    }

    private void UpdatePeer(RuleDeltaState point, IpAddress address, int before, int after)
    {
        if (before == after)
            return;
        if (before != PeerResolver.Unlisted)
        {
            _peers.Remove(new(address, _peerIdentities.GetId(before)));
            point.Identities.Remove(before);
        }
        if (after != PeerResolver.Unlisted)
        {
            _peers.Add(new(address, _peerIdentities.GetId(after)));
            point.Identities.Add(after);
        }
    }

    private void PlanSelf(RuleDeltaState point, PeerResolver after, List<(AddressRange Range, int Identity)> networks, Func<SubjectMove, int, int?> self)
    {
        if (point.PeerRelation != PeerRelation.Other)
            return;
        foreach (ref var move in CollectionsMarshal.AsSpan(_moves))
        {
            var subject = move.Subject;
            move.SelfBefore = point.SelfPortPolicies.TryGetValue(move.Address, out var before) ? before : null;
            move.SelfAfter = subject.PolicySet is { HasNetworkPolicies: true }
                ? self(subject, after.IdentityOf(subject.IsFinished ? EndpointTable.None : subject.EndpointClass, new RangeCursor(networks).IdentityAt(move.Address)))
                : null;
        }
    }

    /// <summary>Removes the policy entries of a removed identity, for the old subjects.</summary>
    private void RemovePolicyEntries(RuleDeltaState point, PortPolicyRefs portPolicies, int peerIdentity)
    {
        var id = _peerIdentities.GetId(peerIdentity);
        foreach (var (policySet, portPolicy) in _before.EntriesFor(peerIdentity))
        {
            point.IdentitiesWithEntries.Remove(policySet);
            foreach (var subject in point.Subjects.Members(policySet))
                _policyEntries.Remove(new(id, subject, portPolicies.RemoveRef(portPolicy)));
        }
    }

    /// <summary>Adds the policy entries of a new identity, for the new subjects.</summary>
    private void AddPolicyEntries(RuleDeltaState point, PortPolicyRefs portPolicies, PeerResolver after, int peerIdentity)
    {
        var row = after.EntriesFor(peerIdentity);
        _row.Clear();
        foreach (var (policySet, portPolicy) in row)
        {
            point.IdentitiesWithEntries.Add(policySet);
            foreach (var subject in point.Subjects.Members(policySet))
                _row.Add((subject, portPolicy));
        }
        if (row.Length > 1)
            _row.Sort();
        var id = _peerIdentities.GetId(peerIdentity);
        foreach (var (subject, portPolicy) in _row)
            _policyEntries.Add(new(id, subject, portPolicies.AddRef(portPolicy)));
    }

    /// <summary>Changes the policy entries of subjects that move to another policy set, for the identities that stay.</summary>
    private void MovePolicyEntries(RuleDeltaState point, PortPolicyRefs portPolicies, List<int> identitiesBegun)
    {
        var policySets = point.Subjects.PolicySets;
        var begun = identitiesBegun.ToHashSet();
        var groups = _moves.Where(m => m.Before != m.After).GroupBy(m => (m.Before, m.After), m => m.Address).ToArray();
        foreach (var peerIdentity in point.Identities.Used)
        {
            if (begun.Contains(peerIdentity))
                continue;
            foreach (var policySet in _removedPolicySets)
            {
                if (PolicyEntry(policySet) is not null)
                    point.IdentitiesWithEntries.Remove(policySet);
            }
            foreach (var policySet in _addedPolicySets)
            {
                if (PolicyEntry(policySet) is not null)
                    point.IdentitiesWithEntries.Add(policySet);
            }
            foreach (var group in groups)
            {
                var (before, after) = (PolicyEntry(group.Key.Before), PolicyEntry(group.Key.After));
                if (before == after)
                    continue;
                foreach (var subject in group)
                    UpdatePolicyEntry(portPolicies, _peerIdentities.GetId(peerIdentity), subject, before, after);
            }

            int? PolicyEntry(int policySet) => policySet == SubjectTable.None ? null : policySets[policySet]!.FindPolicyEntry(peerIdentity);
        }
    }

    private void UpdatePolicyEntry(PortPolicyRefs portPolicies, PeerIdentity peerIdentity, IpAddress subject, int? before, int? after)
    {
        if (before is { } oldPolicy)
            _policyEntries.Remove(new(peerIdentity, subject, portPolicies.RemoveRef(oldPolicy)));
        if (after is { } newPolicy)
            _policyEntries.Add(new(peerIdentity, subject, portPolicies.AddRef(newPolicy)));
    }

    /// <summary>Updates the listed subjects, their defaults and their port policies for themselves.</summary>
    private void UpdateSubjects(RuleDeltaState point, PortPolicyRefs portPolicies, PolicySet?[] policySetsBefore, PolicySet?[] policySetsAfter, int defaultAllow)
    {
        var (evaluated, notEvaluated) = point.IdentitiesWithEntries.TakeChanges();
        foreach (var move in _moves)
        {
            UpdateSubject(_self, portPolicies, move.Address, move.SelfBefore, move.SelfAfter);
            var wasEvaluated = (point.IdentitiesWithEntries.IsUsed(move.Before) || notEvaluated.Contains(move.Before)) && !evaluated.Contains(move.Before);
            var before = DefaultPolicyOf(policySetsBefore, move.Before, wasEvaluated, move.SelfBefore, defaultAllow);
            var after = DefaultPolicyOf(policySetsAfter, move.After, point.IdentitiesWithEntries.IsUsed(move.After), move.SelfAfter, defaultAllow);
            UpdateSubject(_defaultPolicy, portPolicies, move.Address, before, after);
            if (move.SelfAfter is { } self)
                point.SelfPortPolicies[move.Address] = self;
            else
                point.SelfPortPolicies.Remove(move.Address);
        }
        var moved = _moves.Select(m => m.Address).ToHashSet();
        foreach (var subject in Unlisted(point, policySetsAfter, notEvaluated, moved, defaultAllow))
            UpdateSubject(_defaultPolicy, portPolicies, subject, defaultAllow, null);
        foreach (var subject in Unlisted(point, policySetsAfter, evaluated, moved, defaultAllow))
            UpdateSubject(_defaultPolicy, portPolicies, subject, null, defaultAllow);
    }

    /// <summary>Returns the default port policy of a subject. Null if the subject is not listed.</summary>
    private static int? DefaultPolicyOf(PolicySet?[] policySets, int policySet, bool evaluated, int? self, int defaultAllow)
    {
        if (policySet == SubjectTable.None)
            return null;
        var defaultPolicy = policySets[policySet]!.DefaultPolicy;
        return evaluated || defaultPolicy != defaultAllow || self is not null ? defaultPolicy : null;
    }

    /// <summary>Returns the subjects of unchanged policy sets that are listed only because of policy entries.</summary>
    private static IEnumerable<IpAddress> Unlisted(RuleDeltaState point, PolicySet?[] policySets, List<int> numbers, HashSet<IpAddress> except, int defaultAllow) => numbers
        .Where(g => policySets[g]?.DefaultPolicy == defaultAllow).SelectMany(point.Subjects.Members).Where(s => !point.SelfPortPolicies.ContainsKey(s) && !except.Contains(s));

    private static void UpdateSubject(ListChangeBuilder<SubjectPortPolicy> listing, PortPolicyRefs portPolicies, IpAddress subject, int? before, int? after)
    {
        if (before == after)
            return;
        if (before is { } oldPolicy)
            listing.Remove(new(subject, portPolicies.RemoveRef(oldPolicy)));
        if (after is { } newPolicy)
            listing.Add(new(subject, portPolicies.AddRef(newPolicy)));
    }

    /// <summary>The old and new policy set of a subject. Both are equal if only its endpoint class changed.</summary>
    private struct Move(SubjectMove subject, int before, int after)
    {
        public SubjectMove Subject { get; } = subject;

        public int Before { get; } = before;

        public int After { get; } = after;

        /// <summary>Its separate port policy for itself, if any.</summary>
        public int? SelfBefore { get; set; }

        public int? SelfAfter { get; set; }

        public readonly IpAddress Address => Subject.Address;
    }
}

/// <summary>The changes for one enforcement point.</summary>
/// <param name="Subjects">The local pods whose policies may have changed, each once. All subjects if <paramref name="RangesChanged"/>.</param>
/// <param name="VisibleChanges">The pod addresses whose change the rules can notice, ascending.</param>
/// <param name="AllChanges">All pod addresses whose endpoint class changed, ascending.</param>
/// <param name="RangesChanged">Whether the addresses of a used matcher changed.</param>
internal sealed record RuleDeltaInput(List<SubjectMove> Subjects, List<AddressChange> VisibleChanges, List<AddressChange> AllChanges, bool RangesChanged);
