using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Building;

/// <summary>What must be remembered of a compiled hook to tell what a change of a peer changes in it.</summary>
internal sealed class HookState(NodeState node, LocalSubjects local, Direction direction, List<(AddressRange Range, int Class)> networks)
{
    public NodeState Node { get; } = node;

    public LocalSubjects Local { get; } = local;

    public Direction Direction { get; } = direction;

    /// <summary>Disjoint ranges in order and their classes.</summary>
    public List<(AddressRange Range, int Class)> Networks { get; } = networks;

    /// <summary>How many peers and networks have each class.</summary>
    public UseCounts Classes { get; } = new();

    /// <summary>How many of the classes each group judges otherwise than its rest.</summary>
    public UseCounts Judged { get; } = new();

    /// <summary>The subjects with a profile of their own for themselves.</summary>
    public HashSet<int> Self { get; } = [];

    /// <summary>The class of the network that holds the address; the root when none does.</summary>
    public int NetworkOf(IpAddress address)
    {
        int low = 0, high = Networks.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var (range, peerClass) = Networks[middle];
            if (address < range.First)
                high = middle - 1;
            else if (address > range.Last)
                low = middle + 1;
            else
                return peerClass;
        }
        return SequenceTrie.Root;
    }
}
