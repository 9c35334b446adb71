using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Reaching;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Using;

/// <summary>Numbers walks: one for each group and what it looks at in a peer.</summary>
internal sealed class WalkTable
{
    /// <summary>The number of the walk of who is judged by nobody.</summary>
    public const int Unjudged = 0;

    private readonly ItemTable _items;
    private readonly List<SideWalk> _walks = [];
    private readonly Dictionary<(SubjectGroup Group, int Class), int> _numbers = [];

    public WalkTable(ItemTable items)
    {
        _items = items;
        _walks.Add(new(Ports, [], []));
    }

    public PortSetTable Ports { get; } = new();

    public int Count => _walks.Count;

    public SideWalk this[int number] => _walks[number];

    /// <param name="direction">The direction that the group judges.</param>
    /// <param name="group">The group; null for nobody.</param>
    /// <param name="peerClass">What the group looks at in the peer.</param>
    public int NumberOf(Direction direction, SubjectGroup? group, int peerClass)
    {
        if (group is null)
            return Unjudged;
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, (group, peerClass), out var known);
        if (known)
            return number;
        WalkedRule[] rules = [.. group.Matching(peerClass).Select(m => new WalkedRule(
            _items.Of(m.Rule.Policy.Id, direction, m.Rule.Rule.Index), _items.Of(m.Rule.Policy.Id), m.Rule.Policy.Tier, m.Rule.Action, Ports.Add(m.Ports)))];
        _walks.Add(new(Ports, rules, [.. group.Policies.Where(p => p.Tier == Tier.NetworkPolicy).Select(p => _items.Of(p.Id))]));
        return number = _walks.Count - 1;
    }
}
