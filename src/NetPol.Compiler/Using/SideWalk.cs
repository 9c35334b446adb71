using NetPol.Compiler.Reaching;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Using;

/// <summary>How a group of subjects judges a peer, rule by rule, and how it would without any one of the rules or policies.</summary>
internal sealed class SideWalk
{
    private readonly PortSetTable _ports;

    /// <param name="ports">Numbers sets of ports.</param>
    /// <param name="rules">The rules that match the peer, in the order of evaluation.</param>
    /// <param name="isolating">The numbers of the NetworkPolicies that isolate the subjects.</param>
    public SideWalk(PortSetTable ports, WalkedRule[] rules, int[] isolating)
    {
        (_ports, Rules, Isolating) = (ports, rules, isolating);
        Result = Walk(without: -1);
        Without = [.. Deciding().Select(item => (item, Allowed: Walk(item).Allowed)).Where(w => w.Allowed != Result.Allowed)];
    }

    public WalkedRule[] Rules { get; }

    public int[] Isolating { get; }

    public WalkResult Result { get; }

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
    public IEnumerable<int> Deciding()
    {
        var found = new SortedSet<int>();
        for (var i = 0; i < Rules.Length; i++)
        {
            if (Result.Hits[i] != PortSetTable.Nothing)
                found.UnionWith([Rules[i].Item, Rules[i].Policy]);
        }
        if (Result.Isolated != PortSetTable.Nothing)
            found.UnionWith(Isolating);
        return found;
    }

    /// <summary>Goes through the tiers as if a rule or a policy were not there; -1 for none.</summary>
    public WalkResult Walk(int without)
    {
        var hits = new int[Rules.Length];
        var (rest, allowed) = (PortSetTable.Everything, PortSetTable.Nothing);
        var passed = Tier(Model.Policies.Tier.Admin);
        rest = _ports.Or(rest, passed);
        if (Isolating.Any(policy => policy != without))
        {
            Tier(Model.Policies.Tier.NetworkPolicy);
            return new(allowed, rest, PortSetTable.Nothing, hits);
        }
        passed = Tier(Model.Policies.Tier.Baseline);
        rest = _ports.Or(rest, passed);
        return new(_ports.Or(allowed, rest), PortSetTable.Nothing, rest, hits);

        int Tier(Tier tier)
        {
            var passedOn = PortSetTable.Nothing;
            for (var i = 0; i < Rules.Length; i++)
            {
                var rule = Rules[i];
                if (rule.Tier != tier || rule.Item == without || rule.Policy == without)
                    continue;
                hits[i] = _ports.And(rule.Ports, rest);
                rest = _ports.Except(rest, hits[i]);
                if (rule.Action == RuleAction.Allow)
                    allowed = _ports.Or(allowed, hits[i]);
                else if (rule.Action == RuleAction.Pass)
                    passedOn = _ports.Or(passedOn, hits[i]);
            }
            return passedOn;
        }
    }
}
