namespace NetPol.Nftables;

/// <summary>
/// A change of a table, in steps that are committed one after another. One of them alone changes how packets are judged, at one instant: what comes is whole
/// before anything leads there, and what goes is left alone until nothing does, and no packet is on its way there.
/// </summary>
/// <param name="Preparation">What comes, where nothing leads yet; may be empty.</param>
/// <param name="Effect">What changes the way of packets; may be empty.</param>
/// <param name="Removal">What goes, where nothing leads any more, and the end of what guards the change; may be empty.</param>
public sealed record StagedUpdate(Transaction Preparation, Transaction Effect, Transaction Removal)
{
    /// <summary>A change in one step, which has effect.</summary>
    /// <param name="table">The table.</param>
    /// <param name="operations">The operations of the step.</param>
    public StagedUpdate(string table, IReadOnlyList<Operation> operations)
        : this(new(table, []), new(table, operations), new(table, []))
    {
    }

    /// <summary>The steps in which there is something, in their order; none when nothing changes.</summary>
    public IReadOnlyList<Transaction> Steps => [.. ((Transaction[])[Preparation, Effect, Removal]).Where(s => !s.IsEmpty)];

    public bool IsEmpty => Steps.Count == 0;

    /// <summary>The number of operations in all steps.</summary>
    public int Size => Steps.Sum(s => s.Operations.Count);

    /// <summary>A change of what no packet meets, in one step.</summary>
    /// <param name="table">The table.</param>
    /// <param name="operations">The operations of the step.</param>
    public static StagedUpdate WithoutEffect(string table, IReadOnlyList<Operation> operations) => new(new(table, operations), new(table, []), new(table, []));

    /// <summary>Whether this is the other change, or what is left of it when nothing but its preparation was committed.</summary>
    public bool IsWhatIsLeftOf(StagedUpdate other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Alike(Effect, other.Effect) && Alike(Removal, other.Removal) && (Preparation.IsEmpty || Alike(Preparation, other.Preparation));
    }

    /// <summary>The same steps with other operations.</summary>
    /// <param name="select">Gives the operation that replaces one; null to leave it out.</param>
    public StagedUpdate Select(Func<Operation, Operation?> select) => new(Select(Preparation, select), Select(Effect, select), Select(Removal, select));

    /// <summary>As text: commands that <c>nft -f</c> accepts, those of each step.</summary>
    public override string ToString() => string.Concat(Steps);

    private static bool Alike(Transaction one, Transaction other) => string.Equals(one.ToString(), other.ToString(), StringComparison.Ordinal);

    private static Transaction Select(Transaction step, Func<Operation, Operation?> select) => new(step.Table, [.. step.Operations.Select(select).OfType<Operation>()]);
}

/// <summary>Decides how much of a change that no packet meets is committed at once. While a commit lasts, nobody else can change nf_tables of the network namespace.</summary>
public interface ICommitPacer
{
    /// <summary>A step that weighs no more is committed whole.</summary>
    int Whole { get; }

    /// <summary>The largest weight of the next slice, see <see cref="TransactionSlicer.Next"/>.</summary>
    /// <param name="first">Its first operation.</param>
    int WeightFor(Operation first);

    /// <summary>Commits a slice of a weight, and waits as long as others are to have room.</summary>
    /// <param name="slice">What.</param>
    /// <param name="weight">Its weight.</param>
    /// <param name="commit">Commits it.</param>
    /// <exception cref="NftablesException">The kernel refused it.</exception>
    void Commit(Transaction slice, int weight, Action<Transaction> commit);
}
