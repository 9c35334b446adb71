using NetPol.Nftables;
using NetPol.Nftables.Transactions;

namespace NetPol.Rendering;

/// <summary>Decides how much of a change that no packet meets is committed at once. While a commit lasts, nobody else can change nf_tables of the network namespace.</summary>
public interface ICommitPacer
{
    /// <summary>The largest weight of the next slice, see <see cref="TransactionSlicer.Next"/>.</summary>
    int Weight { get; }

    /// <summary>Commits a slice of a weight, and waits as long as others are to have room.</summary>
    /// <param name="nftables">Where.</param>
    /// <param name="slice">What.</param>
    /// <param name="weight">Its weight.</param>
    /// <exception cref="NftablesException">The kernel refused it.</exception>
    void Commit(INftables nftables, Transaction slice, int weight);
}
