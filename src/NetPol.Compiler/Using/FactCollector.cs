using NetPol.Compiler.Reaching;

namespace NetPol.Compiler.Using;

/// <summary>Gathers from the walks that connections go what there is to say about rules and policies.</summary>
internal sealed class FactCollector
{
    private readonly WalkTable _walks;
    private readonly ItemUse _use;
    private readonly ItemFacts[] _facts;

    public FactCollector(ItemTable items, WalkTable walks, ItemUse use)
    {
        (_walks, _use) = (walks, use);
        _facts = [.. Enumerable.Range(0, items.Count).Select(_ => new ItemFacts())];
        foreach (var walk in use.Met)
            Collect(walks[walk]);
    }

    public ItemFacts this[int item] => _facts[item];

    private void Collect(SideWalk walk)
    {
        for (var i = 0; i < walk.Rules.Length; i++)
        {
            var rule = walk.Rules[i];
            foreach (var item in (ReadOnlySpan<int>)[rule.Item, rule.Policy])
            {
                var facts = _facts[item];
                facts.HasPeer = true;
                facts.HasPort |= rule.Ports != PortSetTable.Nothing;
                if (walk.Result.Hits[i] == PortSetTable.Nothing)
                    facts.Before.UnionWith(Before(walk, i).Where(b => _facts[b] != facts));
            }
        }
        foreach (var item in walk.Deciding())
        {
            _facts[item].Decides = true;
            if (!_use.Matters(item))
                CollectInstead(walk, item);
        }
    }

    /// <summary>The rules before a rule that take some of its ports.</summary>
    private IEnumerable<int> Before(SideWalk walk, int place) => Enumerable.Range(0, place)
        .Where(p => _walks.Ports.And(walk.Result.Hits[p], walk.Rules[place].Ports) != PortSetTable.Nothing).Select(p => walk.Rules[p].Item);

    private void CollectInstead(SideWalk walk, int item)
    {
        var ports = _walks.Ports;
        var facts = _facts[item];
        var without = walk.Walk(item);
        var decided = walk.Isolating.Contains(item) ? walk.Result.Isolated : PortSetTable.Nothing;
        for (var i = 0; i < walk.Rules.Length; i++)
        {
            if (walk.Rules[i].Item == item || walk.Rules[i].Policy == item)
                decided = ports.Or(decided, walk.Result.Hits[i]);
        }
        for (var i = 0; i < walk.Rules.Length; i++)
        {
            if (ports.And(without.Hits[i], decided) != PortSetTable.Nothing)
                facts.Instead.Add(walk.Rules[i].Item);
        }
        if (ports.And(without.Isolated, decided) != PortSetTable.Nothing)
            facts.Isolation.UnionWith(walk.Isolating.Where(p => p != item));
        facts.ByDefault |= ports.And(without.ByDefault, decided) != PortSetTable.Nothing;
        facts.ByOtherSide |= without.Allowed != walk.Result.Allowed;
    }
}
