using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Unused;

/// <summary>Numbers what could be taken away: rules, and policies as a whole.</summary>
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

/// <summary>Takes up the connections that there are, and which rules and policies matter for the verdict of one.</summary>
internal sealed class VerdictImpact(PolicyItemTable items, RuleTraceTable traces)
{
    private readonly bool[] _matters = new bool[items.Count];
    private readonly SortedSet<int> _met = [];
    private bool[] _isSettled = [];

    /// <summary>The walks that connections go, ascending.</summary>
    public IEnumerable<int> Traces => _met;

    /// <summary>Whether without the item some connection has another verdict.</summary>
    public bool ChangesVerdict(int item) => _matters[item];

    /// <summary>There is a connection that is judged by the two walks.</summary>
    public void AddConnection(int egress, int ingress)
    {
        if (_isSettled.Length < traces.Count)
            Array.Resize(ref _isSettled, traces.Count * 2);
        if (_isSettled[egress] && _isSettled[ingress])
            return;
        _met.Add(egress);
        _met.Add(ingress);
        _isSettled[egress] = Check(traces[egress], traces[ingress]);
        _isSettled[ingress] = Check(traces[ingress], traces[egress]);
    }

    /// <returns>Whether all items that change anything on the side are known to matter, so that no other connection can teach more.</returns>
    private bool Check(RuleTrace side, RuleTrace other)
    {
        var isSettled = true;
        foreach (var (item, allowed) in side.Without)
        {
            if (_matters[item])
                continue;
            // A policy can be on both sides.
            if (traces.Ports.Intersect(allowed, other.AllowedWithout(item)) != traces.Ports.Intersect(side.Result.Allowed, other.Result.Allowed))
                _matters[item] = true;
            else
                isSettled = false;
        }
        return isSettled;
    }
}
