using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Unused;

/// <summary>Numbers the items that could be removed: rules, and policies as a whole.</summary>
internal sealed class PolicyItemTable
{
    private readonly Dictionary<(PolicyId Policy, Direction Direction, int Index), int> _rules = [];
    private readonly Dictionary<PolicyId, int> _policies = [];
    private readonly List<(PolicyId Policy, RuleReference? Rule)> _items = [];

    public PolicyItemTable(IEnumerable<Policy> policies)
    {
        foreach (var policy in policies)
        {
            _policies.Add(policy.Id, _items.Count);
            _items.Add((policy.Id, null));
            foreach (var direction in (ReadOnlySpan<Direction>)[Direction.Ingress, Direction.Egress])
            {
                foreach (var rule in policy.Rules(direction) ?? [])
                {
                    _rules.Add((policy.Id, direction, rule.Index), _items.Count);
                    _items.Add((policy.Id, new(policy.Id, direction, rule.Index, rule.Name)));
                }
            }
        }
    }

    public int Count => _items.Count;

    public (PolicyId Policy, RuleReference? Rule) this[int item] => _items[item];

    public int IndexOf(PolicyId policy) => _policies[policy];

    public int IndexOf(PolicyId policy, Direction direction, int index) => _rules[(policy, direction, index)];
}

/// <summary>Records the existing connections, and the items that change the verdict of at least one.</summary>
internal sealed class VerdictImpact(PolicyItemTable items, RuleTraceTable traces)
{
    private readonly bool[] _matters = new bool[items.Count];
    private readonly SortedSet<int> _recorded = [];
    private bool[] _isComplete = [];

    /// <summary>The numbers of the traces of existing connections, ascending.</summary>
    public IEnumerable<int> Traces => _recorded;

    /// <summary>Whether some connection would have another verdict without the item.</summary>
    public bool ChangesVerdict(int item) => _matters[item];

    /// <summary>Records a connection that the two traces evaluate.</summary>
    public void AddConnection(int egress, int ingress)
    {
        if (_isComplete.Length < traces.Count)
            Array.Resize(ref _isComplete, traces.Count * 2);
        if (_isComplete[egress] && _isComplete[ingress])
            return;
        _recorded.Add(egress);
        _recorded.Add(ingress);
        _isComplete[egress] = Check(traces[egress], traces[ingress]);
        _isComplete[ingress] = Check(traces[ingress], traces[egress]);
    }

    /// <returns>Whether every item that changes the side's result is known to change a verdict. Then no further connection can add anything.</returns>
    private bool Check(RuleTrace side, RuleTrace other)
    {
        var isComplete = true;
        foreach (var (item, allowed) in side.Without)
        {
            if (_matters[item])
                continue;
            // A policy can apply to both sides.
            if (traces.Ports.Intersect(allowed, other.AllowedWithout(item)) != traces.Ports.Intersect(side.Result.Allowed, other.Result.Allowed))
                _matters[item] = true;
            else
                isComplete = false;
        }
        return isComplete;
    }
}
