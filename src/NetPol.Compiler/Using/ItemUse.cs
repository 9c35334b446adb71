namespace NetPol.Compiler.Using;

/// <summary>Takes up the connections that there are, and which rules and policies matter for the verdict of one.</summary>
internal sealed class ItemUse(ItemTable items, WalkTable walks)
{
    private readonly bool[] _matters = new bool[items.Count];
    private readonly SortedSet<int> _met = [];
    private bool[] _isSettled = [];

    /// <summary>The walks that connections go, ascending.</summary>
    public IEnumerable<int> Met => _met;

    /// <summary>Whether without the item some connection has another verdict.</summary>
    public bool Matters(int item) => _matters[item];

    /// <summary>There is a connection that is judged by the two walks.</summary>
    public void Meet(int egress, int ingress)
    {
        if (_isSettled.Length < walks.Count)
            Array.Resize(ref _isSettled, walks.Count * 2);
        if (_isSettled[egress] && _isSettled[ingress])
            return;
        _met.Add(egress);
        _met.Add(ingress);
        _isSettled[egress] = Look(walks[egress], walks[ingress]);
        _isSettled[ingress] = Look(walks[ingress], walks[egress]);
    }

    /// <returns>Whether all items that change anything on the side are known to matter, so that no other connection can teach more.</returns>
    private bool Look(SideWalk side, SideWalk other)
    {
        var isSettled = true;
        foreach (var (item, allowed) in side.Without)
        {
            if (_matters[item])
                continue;
            // A policy can be on both sides.
            if (walks.Ports.And(allowed, other.AllowedWithout(item)) != walks.Ports.And(side.Result.Allowed, other.Result.Allowed))
                _matters[item] = true;
            else
                isSettled = false;
        }
        return isSettled;
    }
}
