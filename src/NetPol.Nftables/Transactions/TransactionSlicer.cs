namespace NetPol.Nftables.Transactions;

/// <summary>
/// Cuts a transaction into slices that are committed one after another, in the transaction's order. Together they are no longer atomic, so this is only for changes that
/// no packet meets. An operation that adds elements may be spread over several slices; every other one is whole. Not for use by two threads at once.
/// </summary>
/// <param name="transaction">What to cut.</param>
/// <param name="whole">A transaction that weighs no more is one slice. The slices of a larger one hold operations of one kind each, since kinds differ in what they cost.</param>
public sealed class TransactionSlicer(Transaction transaction, int whole)
{
    private const int OperationWeight = 8;

    private int _operation;
    private int _element;

    /// <summary>Whether the transaction is one slice.</summary>
    public bool IsWhole { get; } = transaction.Operations.Sum(o => (long)WeightOf(o)) <= whole;

    /// <summary>The first operation of the next slice; null when all have been handed out.</summary>
    public Operation? First => _operation < transaction.Operations.Count ? transaction.Operations[_operation] : null;

    /// <summary>The next slice: as much as weighs no more than <paramref name="most"/>, and at least one operation, or one element of it.</summary>
    /// <param name="most">In elements; an operation weighs as much as eight.</param>
    /// <returns>The slice and its weight.</returns>
    public (Transaction Slice, int Weight) Next(int most)
    {
        if (IsWhole)
            most = whole;
        List<Operation> operations = [];
        var weight = 0;
        while (First is { } next && (operations.Count == 0 || (weight + OperationWeight < most && (IsWhole || next.GetType() == operations[0].GetType()))))
        {
            weight += OperationWeight;
            if (next is Operation.AddElements add)
            {
                var part = add.Elements.Slice(_element, Math.Min(add.Elements.Count - _element, Math.Max(1, most - weight)));
                operations.Add(add with { Elements = part });
                weight += part.Count;
                _element += part.Count;
                if (_element < add.Elements.Count)
                    break;
            }
            else
            {
                operations.Add(next);
            }
            (_operation, _element) = (_operation + 1, 0);
        }
        return (new(transaction.Table, operations), weight);
    }

    private static int WeightOf(Operation operation) => OperationWeight + (operation is Operation.AddElements add ? add.Elements.Count : 0);
}
