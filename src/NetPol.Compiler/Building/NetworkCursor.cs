using NetPol.Compiler.Indexing;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>Finds the ranges of addresses. Addresses must be requested in ascending order.</summary>
internal sealed class NetworkCursor(List<(AddressRange Range, int Class)> networks)
{
    private int _first;

    /// <summary>Returns the identity of the range that contains the address, or the root.</summary>
    public int At(IpAddress address)
    {
        var last = _first < networks.Count && networks[_first].Range.Last >= address ? -1 : networks.Count - 1;
        for (var low = _first; low <= last;)
        {
            var middle = (low + last) >>> 1;
            if (networks[middle].Range.Last < address)
                _first = low = middle + 1;
            else
                last = middle - 1;
        }
        return _first < networks.Count && networks[_first].Range.First <= address ? networks[_first].Class : SequenceTrie.Root;
    }
}
