using NetPol.Compiler.Ports;

namespace NetPol.Compiler.Analysis.Unused;

/// <summary>The use of a rule or a policy in all traces.</summary>
internal sealed class RuleUsage
{
    /// <summary>Whether it matches any peer.</summary>
    public bool HasPeer { get; set; }

    /// <summary>Whether it matches any peer on any port.</summary>
    public bool HasPort { get; set; }

    /// <summary>Whether it decides or passes any port. A policy can also decide by isolation.</summary>
    public bool Decides { get; set; }

    /// <summary>The rules that match some of its ports before it.</summary>
    public SortedSet<int> EarlierRules { get; } = [];

    /// <summary>The rules that would decide its ports without it.</summary>
    public SortedSet<int> ReplacingRules { get; } = [];

    /// <summary>The policies whose isolation would decide its ports without it.</summary>
    public SortedSet<int> ReplacingIsolation { get; } = [];

    /// <summary>Whether some of its ports would be allowed by default without it.</summary>
    public bool AllowedByDefault { get; set; }

    /// <summary>Whether its side would allow other ports without it. If it changes no verdict, the other side denies these.</summary>
    public bool DeniedByOtherSide { get; set; }
}

/// <summary>Collects the use of rules and policies from the traces of existing connections.</summary>
internal sealed class RuleUsageCollector
{
    private readonly RuleTraceTable _traces;
    private readonly VerdictImpact _use;
    private readonly RuleUsage[] _usages;

    public RuleUsageCollector(PolicyItemTable items, RuleTraceTable traces, VerdictImpact use)
    {
        (_traces, _use) = (traces, use);
        _usages = [.. Enumerable.Range(0, items.Count).Select(_ => new RuleUsage())];
        foreach (var trace in use.Traces)
            Collect(traces[trace]);
    }

    public RuleUsage this[int item] => _usages[item];

    private void Collect(RuleTrace trace)
    {
        for (var i = 0; i < trace.Rules.Length; i++)
        {
            var rule = trace.Rules[i];
            foreach (var item in (ReadOnlySpan<int>)[rule.Item, rule.Policy])
            {
                var usages = _usages[item];
                usages.HasPeer = true;
                usages.HasPort |= rule.Ports != PortSetTable.Nothing;
                if (trace.Result.Hits[i] == PortSetTable.Nothing)
                    usages.EarlierRules.UnionWith(EarlierRulesOf(trace, i).Where(b => _usages[b] != usages));
            }
        }
        foreach (var item in trace.DecidingItems())
        {
            _usages[item].Decides = true;
            if (!_use.ChangesVerdict(item))
                CollectReplacements(trace, item);
        }
    }

    /// <summary>Returns the earlier rules that match some of a rule's ports.</summary>
    private IEnumerable<int> EarlierRulesOf(RuleTrace trace, int index) => Enumerable.Range(0, index)
        .Where(p => _traces.Ports.Intersect(trace.Result.Hits[p], trace.Rules[index].Ports) != PortSetTable.Nothing).Select(p => trace.Rules[p].Item);

    private void CollectReplacements(RuleTrace trace, int item)
    {
        var ports = _traces.Ports;
        var usages = _usages[item];
        var without = trace.Evaluate(item);
        var decided = trace.IsolatingPolicies.Contains(item) ? trace.Result.Isolated : PortSetTable.Nothing;
        for (var i = 0; i < trace.Rules.Length; i++)
        {
            if (trace.Rules[i].Item == item || trace.Rules[i].Policy == item)
                decided = ports.Union(decided, trace.Result.Hits[i]);
        }
        for (var i = 0; i < trace.Rules.Length; i++)
        {
            if (ports.Intersect(without.Hits[i], decided) != PortSetTable.Nothing)
                usages.ReplacingRules.Add(trace.Rules[i].Item);
        }
        if (ports.Intersect(without.Isolated, decided) != PortSetTable.Nothing)
            usages.ReplacingIsolation.UnionWith(trace.IsolatingPolicies.Where(p => p != item));
        usages.AllowedByDefault |= ports.Intersect(without.ByDefault, decided) != PortSetTable.Nothing;
        usages.DeniedByOtherSide |= without.Allowed != trace.Result.Allowed;
    }
}
