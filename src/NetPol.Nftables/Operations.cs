namespace NetPol.Nftables;

/// <summary>One change inside a table. The nested types are all there are. What is added must not be there yet; what is deleted must be.</summary>
public abstract record Operation
{
    private Operation()
    {
    }

    public sealed record AddTable(string? Comment) : Operation;

    /// <summary>Activates a dormant table.</summary>
    public sealed record WakeTable : Operation;

    /// <summary>Becomes the owner of a table whose owner closed its socket, and activates the table if it is dormant.</summary>
    public sealed record ClaimTable : Operation;

    /// <summary>Removes the table with everything in it.</summary>
    public sealed record DeleteTable : Operation;

    /// <summary>The counter counts on from the given numbers.</summary>
    public sealed record AddCounter(Counter Counter, ulong Packets = 0, ulong Bytes = 0) : Operation;

    /// <summary>Fails with EBUSY while a rule names the counter.</summary>
    public sealed record DeleteCounter(string Name) : Operation;

    public sealed record AddChain(Chain Chain) : Operation;

    /// <summary>Removes the chain with its rules; fails with EBUSY while a rule or an element leads to it.</summary>
    public sealed record DeleteChain(string Name) : Operation;

    /// <summary>Removes all rules of the chain.</summary>
    public sealed record FlushChain(string Name) : Operation;

    /// <summary>Appends a rule. What it names must be there.</summary>
    public sealed record AddRule(string Chain, Rule Rule) : Operation;

    public sealed record AddSet(Set Set) : Operation;

    /// <summary>Removes the set with its elements; fails with EBUSY while a rule looks it up.</summary>
    public sealed record DeleteSet(Set Set) : Operation;

    /// <summary>Removes all elements of the set.</summary>
    public sealed record FlushSet(string Name) : Operation;

    /// <summary>Puts elements into a set. The chains that they lead to must be there.</summary>
    public sealed record AddElements(Set Set, ElementList Elements) : Operation;

    /// <summary>Takes elements out of a set; their verdicts are not looked at.</summary>
    public sealed record DeleteElements(Set Set, ElementList Elements) : Operation;
}

/// <summary>Describes an operation for an error message: one line, with the number of elements.</summary>
internal static class OperationText
{
    public static string Describe(string table, Operation operation) => operation switch
    {
        Operation.AddTable => $"create table {table}",
        Operation.WakeTable => $"wake table {table}",
        Operation.ClaimTable => $"claim table {table}",
        Operation.DeleteTable => $"delete table {table}",
        Operation.AddCounter add => $"create counter {table} {add.Counter.Name}",
        Operation.DeleteCounter delete => $"delete counter {table} {delete.Name}",
        Operation.AddChain add => $"create chain {table} {add.Chain.Name}",
        Operation.DeleteChain delete => $"delete chain {table} {delete.Name}",
        Operation.FlushChain flush => $"flush chain {table} {flush.Name}",
        Operation.AddRule add => $"add rule {table} {add.Chain} {add.Rule}",
        Operation.AddSet add => $"create {SetKeyword(add.Set)} {table} {add.Set.Name}",
        Operation.DeleteSet delete => $"delete {SetKeyword(delete.Set)} {table} {delete.Set.Name}",
        Operation.FlushSet flush => $"flush set {table} {flush.Name}",
        Operation.AddElements add => $"create {ElementCount(add.Elements)} in {SetKeyword(add.Set)} {table} {add.Set.Name}",
        Operation.DeleteElements delete => $"delete {ElementCount(delete.Elements)} of {SetKeyword(delete.Set)} {table} {delete.Set.Name}",
        _ => throw new InvalidOperationException($"unknown operation {operation.GetType()}"),
    };

    private static string SetKeyword(Set set) => set.IsVerdictMap ? "map" : "set";

    private static string ElementCount(ElementList elements) => elements.Count == 1 ? "1 element" : $"{elements.Count} elements";
}

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

/// <summary>
/// Splits a transaction into slices that are committed one after another, in the transaction's order. Together they are no longer atomic, so this is only for changes that
/// no packet meets. The operations of a slice are of one kind, because kinds differ in cost. An operation that adds elements may be spread over several slices; every other
/// operation is whole. Not safe for two threads at once.
/// </summary>
/// <param name="transaction">The transaction to split.</param>
public sealed class TransactionSlicer(Transaction transaction)
{
    private const int OperationWeight = 8;

    private int _operation;
    private int _element;

    /// <summary>The first operation of the next slice; null when no slice is left.</summary>
    public Operation? NextOperation => _operation < transaction.Operations.Count ? transaction.Operations[_operation] : null;

    /// <summary>Returns the weight of an operation: 8, and 1 for each element that it adds or deletes.</summary>
    /// <param name="operation">The operation.</param>
    public static int Weigh(Operation operation) => OperationWeight + operation switch
    {
        Operation.AddElements add => add.Elements.Count,
        Operation.DeleteElements delete => delete.Elements.Count,
        _ => 0,
    };

    /// <summary>Returns the next slice, with at least one operation, or one element of it.</summary>
    /// <param name="most">The maximum weight, see <see cref="Weigh"/>. A slice of one operation, or with one element of its last operation, may exceed it.</param>
    /// <returns>The slice and its weight.</returns>
    public (Transaction Slice, int Weight) Next(int most)
    {
        List<Operation> operations = [];
        var weight = 0;
        while (NextOperation is { } next && (operations.Count == 0 || (weight + OperationWeight <= most && next.GetType() == operations[0].GetType())))
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
}
