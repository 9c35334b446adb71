using NetPol.Model.Policies;

namespace NetPol.Compiler;

/// <summary>
/// Finds the policies whose rules make an operation fail, by trials. This class chooses the policies to isolate; the caller runs the trial and reports
/// the result. The search first isolates the changed policies, and all policies if that is not enough. Then it lifts isolation by halves: it finds one
/// faulty policy among N changed ones in about 2 log2 N trials. Start it after a trial without isolated policies has failed.
/// </summary>
public sealed class IsolationSearch
{
    private readonly Queue<PolicyId[]> _groups;
    private readonly Stack<(PolicyId[] Part, IsolationDegree? Degree)> _parts = new();
    private (PolicyId[] Part, IsolationDegree? Degree) _current;
    private bool _triedMilderDegree;

    /// <param name="changed">The policies that changed, in any order. May be empty.</param>
    /// <param name="all">Every policy, in any order.</param>
    public IsolationSearch(IEnumerable<PolicyId> changed, IEnumerable<PolicyId> all)
    {
        var (first, second) = (changed.Distinct().Order().ToArray(), all.Distinct().Order().ToArray());
        _groups = new(new[] { first, second }.Where(g => g.Length > 0));
        StartNextGroup();
    }

    /// <summary>The policies to isolate in the next trial. Null when the search is over.</summary>
    public IReadOnlyDictionary<PolicyId, IsolationDegree>? Trial { get; private set; }

    /// <summary>The fewest isolated policies of any successful trial so far. Null if no trial succeeded.</summary>
    public IReadOnlyDictionary<PolicyId, IsolationDegree>? Result { get; private set; }

    /// <summary>Reports whether the trial succeeded, and prepares the next one.</summary>
    /// <exception cref="InvalidOperationException">The search is over.</exception>
    public void Report(bool works)
    {
        if (Trial is null)
            throw new InvalidOperationException("the search is over");
        if (Result is null)
        {
            if (!works)
            {
                StartNextGroup();
                return;
            }
            Result = Trial;
            PushHalves(_current.Part, null);
        }
        else if (works)
        {
            Result = Trial;
        }
        else
        {
            PushHalves(_current.Part, _current.Degree);
        }
        StartNextPart();
    }

    private void StartNextGroup()
    {
        Trial = null;
        if (!_groups.TryDequeue(out var group))
            return;
        _current = (group, null);
        // Both degrees have the same effect on a NetworkPolicy.
        Trial = group.ToDictionary(id => id, id => id.Kind == PolicyKind.NetworkPolicy ? IsolationDegree.AllowsNothing : IsolationDegree.DeniesEveryPeer);
    }

    private void StartNextPart()
    {
        if (_parts.Count == 0 && !_triedMilderDegree)
        {
            _triedMilderDegree = true;
            var severe = Result!.Where(r => r.Value == IsolationDegree.DeniesEveryPeer).Select(r => r.Key).Order().ToArray();
            if (severe.Length > 0)
                _parts.Push((severe, IsolationDegree.AllowsNothing));
        }
        Trial = null;
        while (_parts.TryPop(out _current))
        {
            var trial = new Dictionary<PolicyId, IsolationDegree>(Result!);
            foreach (var id in _current.Part)
            {
                if (_current.Degree is { } degree)
                    trial[id] = degree;
                else
                    trial.Remove(id);
            }
            // A trial without isolated policies fails: it failed before the search.
            if (trial.Count == 0)
            {
                PushHalves(_current.Part, _current.Degree);
                continue;
            }
            Trial = trial;
            return;
        }
        if (!_triedMilderDegree)
            StartNextPart();
    }

    private void PushHalves(PolicyId[] part, IsolationDegree? degree)
    {
        if (part.Length < 2)
            return;
        _parts.Push((part[(part.Length / 2)..], degree));
        _parts.Push((part[..(part.Length / 2)], degree));
    }
}
