using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// A change of a table, in steps that are committed one after another. One of them alone changes how packets are judged, at one instant: what comes is whole
/// before anything leads there, and what goes is left alone until nothing does, and no packet is on its way there.
/// </summary>
/// <param name="Preparation">What comes, where nothing leads yet; may be empty.</param>
/// <param name="Effect">What changes the way of packets; may be empty.</param>
/// <param name="Removal">What goes, where nothing leads any more, and the end of what guards the change; may be empty.</param>
public sealed record TableChange(Transaction Preparation, Transaction Effect, Transaction Removal)
{
    /// <summary>The steps in which there is something, in their order; none when nothing changes.</summary>
    public IReadOnlyList<Transaction> Steps => [.. ((Transaction[])[Preparation, Effect, Removal]).Where(s => !s.IsEmpty)];

    public bool IsEmpty => Steps.Count == 0;

    /// <summary>The number of operations in all steps.</summary>
    public int Size => Steps.Sum(s => s.Operations.Count);

    /// <summary>Whether this is the other change, or what is left of it when nothing but its preparation was committed.</summary>
    public bool IsWhatIsLeftOf(TableChange other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Alike(Effect, other.Effect) && Alike(Removal, other.Removal) && (Preparation.IsEmpty || Alike(Preparation, other.Preparation));
    }

    /// <summary>The same steps with other operations.</summary>
    internal TableChange Select(Func<Operation, Operation?> select) => new(Select(Preparation, select), Select(Effect, select), Select(Removal, select));

    /// <summary>As text: commands that <c>nft -f</c> accepts, those of each step.</summary>
    public override string ToString() => string.Concat(Steps);

    private static bool Alike(Transaction one, Transaction other) => string.Equals(one.ToString(), other.ToString(), StringComparison.Ordinal);

    private static Transaction Select(Transaction step, Func<Operation, Operation?> select) => new(step.Table, [.. step.Operations.Select(select).OfType<Operation>()]);
}
