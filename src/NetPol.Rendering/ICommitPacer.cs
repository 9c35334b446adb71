using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>Decides how much of a change that no packet meets is committed at once. While a commit lasts, nobody else can change nf_tables of the network namespace.</summary>
public interface ICommitPacer
{
    /// <summary>A step that weighs no more is committed whole.</summary>
    int Whole { get; }

    /// <summary>The largest weight of the next slice, see <see cref="TransactionSlicer.Next"/>.</summary>
    /// <param name="first">Its first operation.</param>
    int WeightFor(Operation first);

    /// <summary>Commits a slice of a weight, and waits as long as others are to have room.</summary>
    /// <param name="nftables">Where.</param>
    /// <param name="slice">What.</param>
    /// <param name="weight">Its weight.</param>
    /// <exception cref="NftablesException">The kernel refused it.</exception>
    void Commit(INftables nftables, Transaction slice, int weight);
}
