namespace NetPol.Nftables.Transactions;

/// <summary>
/// Changes of one table of the family inet, in order, that take effect together or not at all. It cannot name anything outside its table.
/// As text, commands that <c>nft -f</c> accepts.
/// </summary>
public sealed class Transaction(string table, IReadOnlyList<Operation> operations)
{
    public string Table { get; } = table;

    public IReadOnlyList<Operation> Operations { get; } = operations;

    public bool IsEmpty => Operations.Count == 0;

    public override string ToString() => NftText.Write(this);
}
