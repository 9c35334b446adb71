namespace NetPol.Nftables.Transactions;

/// <summary>
/// Cuts a transaction into slices that are committed one after another, in the transaction's order. Together they are no longer atomic, so this is only for changes that
/// no packet meets. An operation that adds elements may be spread over several slices; every other one is whole. Not for use by two threads at once.
/// </summary>
public sealed class TransactionSlicer(Transaction transaction)
{
    /// <summary>The kernel finds a set by walking all sets of the table, so an operation costs as much as many elements.</summary>
    private const int OperationWeight = 8;

    private int _operation;
    private int _element;

    /// <summary>Whether all operations have been handed out.</summary>
    public bool IsDone => _operation == transaction.Operations.Count;

    /// <summary>The next slice: as much as weighs no more than <paramref name="most"/>, and at least one operation, or one element of it.</summary>
    /// <param name="most">In elements; an operation weighs as much as some.</param>
    /// <returns>The slice and its weight.</returns>
    public (Transaction Slice, int Weight) Next(int most)
    {
        List<Operation> operations = [];
        var weight = 0;
        while (!IsDone && (operations.Count == 0 || weight + OperationWeight < most))
        {
            weight += OperationWeight;
            if (transaction.Operations[_operation] is Operation.AddElements add)
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
                operations.Add(transaction.Operations[_operation]);
            }
            (_operation, _element) = (_operation + 1, 0);
        }
        return (new(transaction.Table, operations), weight);
    }
}
