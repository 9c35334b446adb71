using System.Runtime.InteropServices;
using NetPol.Compiler.Ports;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Unused;

/// <summary>How a group of subjects judges a peer, rule by rule, and how it would without any one of the rules or policies.</summary>
internal sealed class RuleTrace
{
    private readonly PortSetTable _ports;

    /// <param name="ports">Numbers sets of ports.</param>
    /// <param name="rules">The rules that match the peer, in the order of evaluation.</param>
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

    /// <summary>What would be allowed without a rule or a policy, where that is something else.</summary>
    public (int Item, int Allowed)[] Without { get; }

    /// <summary>What is allowed without the item.</summary>
    public int AllowedWithout(int item)
    {
        foreach (var (other, allowed) in Without)
        {
            if (other == item)
                return allowed;
        }
        return Result.Allowed;
    }

    /// <summary>The rules that decide or pass on something, and the policies that do, also by isolating.</summary>
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

    /// <summary>Goes through the tiers as if a rule or a policy were not there; -1 for none.</summary>
    public RuleTraceResult Evaluate(int without)
    {
        var hits = new int[Rules.Length];
        var (rest, allowed) = (PortSetTable.Everything, PortSetTable.Nothing);
        var passed = Tier(Model.Policies.Tier.Admin);
        rest = _ports.Union(rest, passed);
        if (IsolatingPolicies.Any(policy => policy != without))
        {
            Tier(Model.Policies.Tier.NetworkPolicy);
            return new(allowed, rest, PortSetTable.Nothing, hits);
        }
        passed = Tier(Model.Policies.Tier.Baseline);
        rest = _ports.Union(rest, passed);
        return new(_ports.Union(allowed, rest), PortSetTable.Nothing, rest, hits);

        int Tier(Tier tier)
        {
            var passedOn = PortSetTable.Nothing;
            for (var i = 0; i < Rules.Length; i++)
            {
                var rule = Rules[i];
                if (rule.Tier != tier || rule.Item == without || rule.Policy == without)
                    continue;
                hits[i] = _ports.Intersect(rule.Ports, rest);
                rest = _ports.Except(rest, hits[i]);
                if (rule.Action == RuleAction.Allow)
                    allowed = _ports.Union(allowed, hits[i]);
                else if (rule.Action == RuleAction.Pass)
                    passedOn = _ports.Union(passedOn, hits[i]);
            }
            return passedOn;
        }
    }
}

/// <summary>What comes of going through the tiers, as numbers of sets of ports.</summary>
/// <param name="Allowed">What is allowed.</param>
/// <param name="Isolated">What is denied because no NetworkPolicy allows it.</param>
/// <param name="ByDefault">What is allowed because nobody decides.</param>
/// <param name="Hits">For each matching rule, the ports that it decides or passes on; the first rule that takes a port has it.</param>
internal sealed record RuleTraceResult(int Allowed, int Isolated, int ByDefault, int[] Hits);

/// <summary>A rule that matches a peer.</summary>
/// <param name="Item">The rule's number.</param>
/// <param name="Policy">The number of its policy.</param>
/// <param name="Tier">Where it decides.</param>
/// <param name="Action">What it does; a Deny where a Pass fails closed.</param>
/// <param name="Ports">The number of the set of its ports.</param>
internal readonly record struct TracedRule(int Item, int Policy, Tier Tier, RuleAction Action, int Ports);

/// <summary>Numbers walks: one for each group and what it looks at in a peer.</summary>
internal sealed class RuleTraceTable
{
    /// <summary>The number of the walk of who is judged by nobody.</summary>
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

    /// <param name="direction">The direction that the group judges.</param>
    /// <param name="group">The group; null for nobody.</param>
    /// <param name="peerIdentity">What the group looks at in the peer.</param>
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
