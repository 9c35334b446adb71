using NetPol.Model.Policies;

namespace NetPol.Compiler.Using;

/// <summary>Numbers what could be taken away: rules, and policies as a whole.</summary>
internal sealed class ItemTable
{
    private readonly Dictionary<(PolicyId Policy, Direction Direction, int Index), int> _rules = [];
    private readonly Dictionary<PolicyId, int> _policies = [];
    private readonly List<(PolicyId Policy, RuleReference? Rule)> _items = [];

    public ItemTable(IEnumerable<Policy> policies)
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

    public int Of(PolicyId policy) => _policies[policy];

    public int Of(PolicyId policy, Direction direction, int index) => _rules[(policy, direction, index)];
}
