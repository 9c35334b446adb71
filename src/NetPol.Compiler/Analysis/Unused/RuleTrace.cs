using System.Runtime.InteropServices;
using NetPol.Compiler.Ports;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Unused;

/// <summary>The result of a policy set for a peer, rule by rule, and the result without any one of the rules or policies.</summary>
internal sealed class RuleTrace
{
    private readonly PortSetTable _ports;

    /// <param name="ports">Numbers port sets.</param>
    /// <param name="rules">The rules that match the peer, in evaluation order.</param>
    /// <param name="isolating">The numbers of the NetworkPolicies that isolate the subjects.</param>
    public RuleTrace(PortSetTable ports, TracedRule[] rules, int[] isolating)
    {
        (_ports, Rules, IsolatingPolicies) = (ports, rules, isolating);
        Result = Evaluate(without: -1);
        Without = [.. DecidingItems().Select(item => (item, Allowed: Evaluate(item).Allowed)).Where(w => w.Allowed != Result.Allowed)];
    }

    public TracedRule[] Rules { get; }

    public int[] IsolatingPolicies { get; }

    public RuleTraceResult Result { get; }

    /// <summary>The items whose removal changes the allowed ports, each with the ports allowed without it.</summary>
    public (int Item, int Allowed)[] Without { get; }

    /// <summary>Returns the ports that are allowed without the item.</summary>
    public int AllowedWithout(int item)
    {
        foreach (var (other, allowed) in Without)
        {
            if (other == item)
                return allowed;
        }
        return Result.Allowed;
    }

    /// <summary>Returns the rules that decide or pass any port, and their policies, including those that decide by isolation. Ascending.</summary>
    public IEnumerable<int> DecidingItems()
    {
        var found = new SortedSet<int>();
        for (var i = 0; i < Rules.Length; i++)
        {
            if (Result.Hits[i] != PortSetTable.Nothing)
                found.UnionWith([Rules[i].Item, Rules[i].Policy]);
        }
        if (Result.Isolated != PortSetTable.Nothing)
            found.UnionWith(IsolatingPolicies);
        return found;
    }

    /// <summary>Evaluates the tiers without a rule or a policy. -1 removes none.</summary>
    public RuleTraceResult Evaluate(int without)
    {
        var hits = new int[Rules.Length];
        var (undecided, allowed) = (PortSetTable.Everything, PortSetTable.Nothing);
        var passed = Tier(Model.Policies.Tier.Admin);
        undecided = _ports.Union(undecided, passed);
        if (IsolatingPolicies.Any(policy => policy != without))
        {
            Tier(Model.Policies.Tier.NetworkPolicy);
            return new(allowed, undecided, PortSetTable.Nothing, hits);
        }
        passed = Tier(Model.Policies.Tier.Baseline);
        undecided = _ports.Union(undecided, passed);
        return new(_ports.Union(allowed, undecided), PortSetTable.Nothing, undecided, hits);

        int Tier(Tier tier)
        {
            var passedOn = PortSetTable.Nothing;
            for (var i = 0; i < Rules.Length; i++)
            {
                var rule = Rules[i];
                if (rule.Tier != tier || rule.Item == without || rule.Policy == without)
                    continue;
                hits[i] = _ports.Intersect(rule.Ports, undecided);
                undecided = _ports.Except(undecided, hits[i]);
                if (rule.Action == RuleAction.Allow)
                    allowed = _ports.Union(allowed, hits[i]);
                else if (rule.Action == RuleAction.Pass)
                    passedOn = _ports.Union(passedOn, hits[i]);
            }
            return passedOn;
        }
    }
}

/// <summary>The result of evaluating the tiers, as numbers of port sets.</summary>
/// <param name="Allowed">The allowed ports.</param>
/// <param name="Isolated">The ports that are denied because no NetworkPolicy allows them.</param>
/// <param name="ByDefault">The ports that are allowed because no rule decides.</param>
/// <param name="Hits">For each matching rule, the ports that it decides or passes. The first matching rule gets a port.</param>
internal sealed record RuleTraceResult(int Allowed, int Isolated, int ByDefault, int[] Hits);

/// <summary>A rule that matches a peer.</summary>
/// <param name="Item">The rule's number.</param>
/// <param name="Policy">The number of its policy.</param>
/// <param name="Tier">The tier of its policy.</param>
/// <param name="Action">Its action. Deny for a Pass rule that fails closed.</param>
/// <param name="Ports">The number of its port set.</param>
internal readonly record struct TracedRule(int Item, int Policy, Tier Tier, RuleAction Action, int Ports);

/// <summary>Numbers traces: one for each policy set and reduced peer identity.</summary>
internal sealed class RuleTraceTable
{
    /// <summary>The number of the trace for endpoints without a policy set.</summary>
    public const int Unevaluated = 0;

    private readonly PolicyItemTable _items;
    private readonly List<RuleTrace> _traces = [];
    private readonly Dictionary<(PolicySet Group, int Identity), int> _numbers = [];

    public RuleTraceTable(PolicyItemTable items)
    {
        _items = items;
        _traces.Add(new(Ports, [], []));
    }

    public PortSetTable Ports { get; } = new();

    public int Count => _traces.Count;

    public RuleTrace this[int number] => _traces[number];

    /// <param name="direction">The direction of the policy set.</param>
    /// <param name="group">The policy set. Null for none.</param>
    /// <param name="peerIdentity">The peer's identity, reduced to the matchers of the policy set.</param>
    public int GetOrAdd(Direction direction, PolicySet? group, int peerIdentity)
    {
        if (group is null)
            return Unevaluated;
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, (group, peerIdentity), out var known);
        if (known)
            return number;
        TracedRule[] rules = [.. group.FindMatchingRules(peerIdentity).Select(m => new TracedRule(
            _items.IndexOf(m.Rule.Policy.Id, direction, m.Rule.Rule.Index), _items.IndexOf(m.Rule.Policy.Id), m.Rule.Policy.Tier, m.Rule.Action, Ports.Add(m.Ports)))];
        _traces.Add(new(Ports, rules, [.. group.Policies.Where(p => p.Tier == Tier.NetworkPolicy).Select(p => _items.IndexOf(p.Id))]));
        return number = _traces.Count - 1;
    }
}
