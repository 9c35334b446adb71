namespace NetPol.Nftables;

/// <summary>A table that is looked at piece by piece.</summary>
public interface ITableView : IDisposable
{
    /// <summary>A number that every change raises: what was seen between two of the same number was seen at one moment.</summary>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    uint ReadGeneration();

    /// <summary>The rules of a chain in order; empty when there is no such chain.</summary>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    IReadOnlyList<Rule> Rules(string chain);

    /// <summary>The element of a set that holds the key; null when none does, and when there is no such set or it has other keys.</summary>
    /// <param name="set">The set's name.</param>
    /// <param name="type">The type of the key.</param>
    /// <param name="first">Its first field.</param>
    /// <param name="second">Its second field; 0 where there is one.</param>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    Element? Find(string set, KeyType type, UInt128 first, UInt128 second);

    /// <summary>A named counter as it stands; null when there is none of that name.</summary>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    CounterValue? Counter(string name);
}
