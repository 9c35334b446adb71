using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>
/// Computes the delta of an enforcement point's rules. A full compilation is the delta from empty rules. Every entry is computed before and after the
/// change, so there is no state per peer.
/// </summary>
internal sealed class HookUpdater
{
    private readonly ClusterIndex _index;
    private readonly ClassIds _classIds;
    private readonly PeerView _before, _after;
    private readonly Listing<SubjectProfile> _rest = new(), _self = new();
    private readonly Listing<PeerAddress> _peers = new();
    private readonly Listing<PeerNetwork> _networks = new();
    private readonly Listing<ClassCell> _cells = new();
    private readonly List<Move> _moves = [];
    private readonly List<(IpAddress Subject, int Profile)> _row = [];
    private readonly HashSet<int> _begun = [], _ended = [];
    private int[] _touched = [];
    private int _round;

    public HookUpdater(ClusterIndex index, SequenceTrie classes)
    {
        _index = index;
        _classIds = new(index.Traits, classes);
        (_before, _after) = (new(index, classes), new(index, classes));
    }

    /// <param name="hook">The state before the change. It is updated.</param>
    /// <param name="profiles">The node's port policies.</param>
    /// <param name="change">The change.</param>
    /// <param name="self">
    /// Returns the port policy of a subject for itself, given its identity as a peer. Null if it equals the one for the identity.
    /// </param>
    /// <param name="unjudged">The port policy that allows everything by default.</param>
    public HookRulesDelta Update(HookState hook, ProfileUse profiles, HookChange change, Func<SubjectMove, int, int?> self, int unjudged)
    {
        var groupsBefore = hook.Subjects.Groups;
        Plan(hook, change.Subjects);
        var groupsAfter = hook.Subjects.Groups;
        foreach (var group in _ended)
            groupsAfter[group] = null;
        _before.Begin(groupsBefore);
        var after = _before;
        var networks = hook.Networks;
        var otherwise = change.Ranges || _begun.Count > 0 || _ended.Count > 0;
        if (otherwise)
        {
            after = _after;
            after.Begin(groupsAfter);
            networks = after.Networks(hook.Scope == Scope.OwnNode ? hook.Node.Node : null);
            hook.Traits = [.. after.Traits];
            TellNetworks(hook, networks);
        }
        if (hook.Scope == Scope.Others)
            TellPeers(hook, change, after, networks, otherwise);
        PlanSelf(hook, after, networks, self);
        hook.Networks = networks;

        var (classesBegun, classesEnded) = hook.Classes.TakeChanges();
        classesBegun.Sort(ById);
        classesEnded.Sort(ById);
        foreach (var peerClass in classesEnded)
            EndCells(hook, profiles, peerClass);
        if (_moves.Exists(m => m.Before != m.After))
            MoveCells(hook, profiles, classesBegun);
        foreach (var move in _moves)
            hook.Subjects.Move(move.Address, move.After);
        foreach (var peerClass in classesBegun)
            BeginCells(hook, profiles, after, peerClass);
        TellSubjects(hook, profiles, groupsBefore, groupsAfter, unjudged);
        foreach (var group in _ended)
            hook.Subjects.Leave(group);
        return new()
        {
            Rest = _rest.Take(r => r.Subject),
            Self = _self.Take(s => s.Subject),
            Peers = _peers.Take(p => p.Address),
            Networks = _networks.Take(n => n.Range),
            Classes = new(Ids(classesEnded), Ids(classesBegun)),
            Cells = _cells.Take(c => (c.Class, c.Subject)),
        };
    }

    private int ById(int one, int other) => _classIds.Of(one).CompareTo(_classIds.Of(other));

    private ValueArray<ClassId> Ids(List<int> classes) => classes.Select(_classIds.Of).ToValueArray();

    /// <summary>Finds the old and new policy set of each subject, and the policy sets that are added or removed.</summary>
    private void Plan(HookState hook, List<SubjectMove> subjects)
    {
        _moves.Clear();
        _begun.Clear();
        _ended.Clear();
        var members = new Dictionary<int, int>();
        foreach (var subject in subjects)
        {
            var before = hook.Subjects.NumberAt(subject.Address);
            var after = subject.Group is { } group ? hook.Subjects.Enter(group) : Subjects.None;
            if (before == Subjects.None && after == Subjects.None)
                continue;
            _moves.Add(new(subject, before, after));
            if (before != Subjects.None)
                CollectionsMarshal.GetValueRefOrAddDefault(members, before, out _)--;
            if (after != Subjects.None)
                CollectionsMarshal.GetValueRefOrAddDefault(members, after, out _)++;
        }
        foreach (var (group, more) in members)
        {
            var count = hook.Subjects.Members(group).Count;
            if (count == 0)
                _begun.Add(group);
            else if (count + more == 0)
                _ended.Add(group);
        }
    }

    private void TellNetworks(HookState hook, List<(AddressRange Range, int Class)> networks)
    {
        foreach (var (range, peerClass) in hook.Networks)
        {
            if (!_before.HasCells(peerClass))
                continue;
            _networks.Remove(new(range, _classIds.Of(peerClass)));
            hook.Classes.Remove(peerClass);
        }
        foreach (var (range, peerClass) in networks)
        {
            if (!_after.HasCells(peerClass))
                continue;
            _networks.Add(new(range, _classIds.Of(peerClass)));
            hook.Classes.Add(peerClass);
        }
    }

    /// <summary>Updates changed addresses. If policy sets or networks changed, also all addresses that these affect.</summary>
    private void TellPeers(HookState hook, HookChange change, PeerView after, List<(AddressRange Range, int Class)> networks, bool otherwise)
    {
        var (networkBefore, networkAfter) = (new NetworkCursor(hook.Networks), new NetworkCursor(networks));
        if (!otherwise)
        {
            foreach (var seen in change.Seen)
                Tell(seen);
            return;
        }
        MarkKinds(hook);
        var addresses = _index.Endpoints.Addresses;
        var kinds = _index.Endpoints.KindOf;
        var changed = CollectionsMarshal.AsSpan(change.All);
        var next = 0;
        for (var a = 0; a < addresses.Length; a++)
        {
            var address = addresses[a];
            while (next < changed.Length && changed[next].Address < address)
                Tell(changed[next++]);
            if (next < changed.Length && changed[next].Address == address)
            {
                Tell(changed[next++]);
                continue;
            }
            var (before, now) = (networkBefore.At(address), networkAfter.At(address));
            if (before != now || _touched[kinds[a]] == _round)
                TellPeer(hook, address, _before.Entry(kinds[a], before), after.Entry(kinds[a], now));
        }
        while (next < changed.Length)
            Tell(changed[next++]);

        void Tell(AddressChange one) => TellPeer(
            hook, one.Address, _before.Entry(one.Before, networkBefore.At(one.Address)), after.Entry(one.After, networkAfter.At(one.Address)));
    }

    /// <summary>Marks the endpoint classes with a matcher of an added or removed policy set.</summary>
    private void MarkKinds(HookState hook)
    {
        _round++;
        if (_touched.Length < _index.Endpoints.Kinds.Count)
            Array.Resize(ref _touched, _index.Endpoints.Kinds.Count * 2);
        var groups = hook.Subjects.Groups;
        foreach (var trait in _begun.Concat(_ended).SelectMany(g => groups[g]!.Traits).Distinct())
        {
            foreach (var kind in _index.Endpoints.KindsOfTrait[trait])
                _touched[kind] = _round;
        }
    }

    private void TellPeer(HookState hook, IpAddress address, int before, int after)
    {
        if (before == after)
            return;
        if (before != PeerView.Unlisted)
        {
            _peers.Remove(new(address, _classIds.Of(before)));
            hook.Classes.Remove(before);
        }
        if (after != PeerView.Unlisted)
        {
            _peers.Add(new(address, _classIds.Of(after)));
            hook.Classes.Add(after);
        }
    }

    private void PlanSelf(HookState hook, PeerView after, List<(AddressRange Range, int Class)> networks, Func<SubjectMove, int, int?> self)
    {
        if (hook.Scope != Scope.Others)
            return;
        foreach (ref var move in CollectionsMarshal.AsSpan(_moves))
        {
            var subject = move.Subject;
            move.SelfBefore = hook.Self.TryGetValue(move.Address, out var before) ? before : null;
            move.SelfAfter = subject.Group is { HasNetworkPolicies: true }
                ? self(subject, after.Class(subject.IsFinished ? Endpoints.None : subject.Kind, new NetworkCursor(networks).At(move.Address)))
                : null;
        }
    }

    /// <summary>Removes the policy entries of a removed identity, for the old subjects.</summary>
    private void EndCells(HookState hook, ProfileUse profiles, int peerClass)
    {
        var id = _classIds.Of(peerClass);
        foreach (var (group, profile) in _before.Row(peerClass))
        {
            hook.Judged.Remove(group);
            foreach (var subject in hook.Subjects.Members(group))
                _cells.Remove(new(id, subject, profiles.Release(profile)));
        }
    }

    /// <summary>Adds the policy entries of a new identity, for the new subjects.</summary>
    private void BeginCells(HookState hook, ProfileUse profiles, PeerView after, int peerClass)
    {
        var row = after.Row(peerClass);
        _row.Clear();
        foreach (var (group, profile) in row)
        {
            hook.Judged.Add(group);
            foreach (var subject in hook.Subjects.Members(group))
                _row.Add((subject, profile));
        }
        if (row.Length > 1)
            _row.Sort();
        var id = _classIds.Of(peerClass);
        foreach (var (subject, profile) in _row)
            _cells.Add(new(id, subject, profiles.Use(profile)));
    }

    /// <summary>Changes the policy entries of subjects that move to another policy set, for the identities that stay.</summary>
    private void MoveCells(HookState hook, ProfileUse profiles, List<int> classesBegun)
    {
        var groups = hook.Subjects.Groups;
        var begun = classesBegun.ToHashSet();
        var ways = _moves.Where(m => m.Before != m.After).GroupBy(m => (m.Before, m.After), m => m.Address).ToArray();
        foreach (var peerClass in hook.Classes.Used)
        {
            if (begun.Contains(peerClass))
                continue;
            foreach (var group in _ended)
            {
                if (Cell(group) is not null)
                    hook.Judged.Remove(group);
            }
            foreach (var group in _begun)
            {
                if (Cell(group) is not null)
                    hook.Judged.Add(group);
            }
            foreach (var way in ways)
            {
                var (before, after) = (Cell(way.Key.Before), Cell(way.Key.After));
                if (before == after)
                    continue;
                foreach (var subject in way)
                    TellCell(profiles, _classIds.Of(peerClass), subject, before, after);
            }

            int? Cell(int group) => group == Subjects.None ? null : groups[group]!.Cell(peerClass);
        }
    }

    private void TellCell(ProfileUse profiles, ClassId peerClass, IpAddress subject, int? before, int? after)
    {
        if (before is { } left)
            _cells.Remove(new(peerClass, subject, profiles.Release(left)));
        if (after is { } come)
            _cells.Add(new(peerClass, subject, profiles.Use(come)));
    }

    /// <summary>Updates the listed subjects, their defaults and their port policies for themselves.</summary>
    private void TellSubjects(HookState hook, ProfileUse profiles, SubjectGroup?[] groupsBefore, SubjectGroup?[] groupsAfter, int unjudged)
    {
        var (judged, notJudged) = hook.Judged.TakeChanges();
        foreach (var move in _moves)
        {
            TellSubject(_self, profiles, move.Address, move.SelfBefore, move.SelfAfter);
            var wasJudged = (hook.Judged.IsUsed(move.Before) || notJudged.Contains(move.Before)) && !judged.Contains(move.Before);
            var before = Rest(groupsBefore, move.Before, wasJudged, move.SelfBefore, unjudged);
            var after = Rest(groupsAfter, move.After, hook.Judged.IsUsed(move.After), move.SelfAfter, unjudged);
            TellSubject(_rest, profiles, move.Address, before, after);
            if (move.SelfAfter is { } self)
                hook.Self[move.Address] = self;
            else
                hook.Self.Remove(move.Address);
        }
        var moved = _moves.Select(m => m.Address).ToHashSet();
        foreach (var subject in Unlisted(hook, groupsAfter, notJudged, moved, unjudged))
            TellSubject(_rest, profiles, subject, unjudged, null);
        foreach (var subject in Unlisted(hook, groupsAfter, judged, moved, unjudged))
            TellSubject(_rest, profiles, subject, null, unjudged);
    }

    /// <summary>Returns the default port policy of a subject. Null if the subject is not listed.</summary>
    private static int? Rest(SubjectGroup?[] groups, int group, bool judged, int? self, int unjudged)
    {
        if (group == Subjects.None)
            return null;
        var rest = groups[group]!.Rest;
        return judged || rest != unjudged || self is not null ? rest : null;
    }

    /// <summary>Returns the subjects of unchanged policy sets that are listed only because of policy entries.</summary>
    private static IEnumerable<IpAddress> Unlisted(HookState hook, SubjectGroup?[] groups, List<int> numbers, HashSet<IpAddress> except, int unjudged) => numbers
        .Where(g => groups[g]?.Rest == unjudged).SelectMany(hook.Subjects.Members).Where(s => !hook.Self.ContainsKey(s) && !except.Contains(s));

    private static void TellSubject(Listing<SubjectProfile> listing, ProfileUse profiles, IpAddress subject, int? before, int? after)
    {
        if (before == after)
            return;
        if (before is { } left)
            listing.Remove(new(subject, profiles.Release(left)));
        if (after is { } come)
            listing.Add(new(subject, profiles.Use(come)));
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
