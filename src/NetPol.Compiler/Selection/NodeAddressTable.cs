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

    /// <summary>Every address, sorted, each once; as of the last <see cref="TakeChanges"/>.</summary>
    public ValueArray<IpAddress> All { get; private set; } = [];

    /// <summary>Replaces a node's addresses.</summary>
    /// <param name="before">The node as it was; null when it is new.</param>
    /// <param name="after">The node as it is; null when it is gone.</param>
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
        var gone = _touched.Where(a => !_nodesPerAddress.ContainsKey(a) && IsListed(a)).Order().ToValueArray();
        var come = _touched.Where(a => _nodesPerAddress.ContainsKey(a) && !IsListed(a)).Order().ToValueArray();
        _touched.Clear();
        if (!gone.IsEmpty || !come.IsEmpty)
            All = _nodesPerAddress.Keys.Order().ToValueArray();
        return new(gone, come);
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
