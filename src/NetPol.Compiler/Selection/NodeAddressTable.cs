using System.Runtime.InteropServices;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Selection;

/// <summary>The addresses of all nodes. Nodes may share an address for a moment, so the table counts nodes per address.</summary>
internal sealed class NodeAddressTable
{
    private readonly Dictionary<IpAddress, int> _nodesPerAddress = [];
    private readonly HashSet<IpAddress> _touched = [];

    /// <summary>All addresses at the last <see cref="TakeChanges"/>, sorted and distinct.</summary>
    public ValueArray<IpAddress> All { get; private set; } = [];

    /// <summary>Replaces a node's addresses.</summary>
    /// <param name="before">The old node. Null for a new one.</param>
    /// <param name="after">The new node. Null for a deleted one.</param>
    public void Update(Node? before, Node? after)
    {
        Count(before, -1);
        Count(after, 1);
    }

    /// <summary>Returns the changes of <see cref="All"/> since the last call. Free if there are none.</summary>
    public ListChange<IpAddress> TakeChanges()
    {
        if (_touched.Count == 0)
            return new([], []);
        var removed = _touched.Where(a => !_nodesPerAddress.ContainsKey(a) && IsListed(a)).Order().ToValueArray();
        var added = _touched.Where(a => _nodesPerAddress.ContainsKey(a) && !IsListed(a)).Order().ToValueArray();
        _touched.Clear();
        if (!removed.IsEmpty || !added.IsEmpty)
            All = _nodesPerAddress.Keys.Order().ToValueArray();
        return new(removed, added);
    }

    private bool IsListed(IpAddress address) => All.Span.BinarySearch(address) >= 0;

    private void Count(Node? node, int more)
    {
        foreach (var address in node?.AllAddresses ?? [])
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_nodesPerAddress, address, out _);
            count += more;
            if (count == 0)
                _nodesPerAddress.Remove(address);
            _touched.Add(address);
        }
    }
}
