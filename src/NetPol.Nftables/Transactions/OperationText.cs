namespace NetPol.Nftables.Transactions;

/// <summary>What an operation asks for, in the words of an error message: one line, elements only counted.</summary>
internal static class OperationText
{
    public static string Describe(string table, Operation operation) => operation switch
    {
        Operation.AddTable => $"create table {table}",
        Operation.WakeTable => $"wake table {table}",
        Operation.DeleteTable => $"delete table {table}",
        Operation.AddCounter add => $"create counter {table} {add.Counter.Name}",
        Operation.DeleteCounter delete => $"delete counter {table} {delete.Name}",
        Operation.AddChain add => $"create chain {table} {add.Chain.Name}",
        Operation.DeleteChain delete => $"delete chain {table} {delete.Name}",
        Operation.FlushChain flush => $"flush chain {table} {flush.Name}",
        Operation.AddRule add => $"add rule {table} {add.Chain} {add.Rule}",
        Operation.AddSet add => $"create {Kind(add.Set)} {table} {add.Set.Name}",
        Operation.DeleteSet delete => $"delete {Kind(delete.Set)} {table} {delete.Set.Name}",
        Operation.AddElements add => $"create {Some(add.Elements)} in {Kind(add.Set)} {table} {add.Set.Name}",
        Operation.DeleteElements delete => $"delete {Some(delete.Elements)} of {Kind(delete.Set)} {table} {delete.Set.Name}",
        _ => throw new InvalidOperationException($"unknown operation {operation.GetType()}"),
    };

    private static string Kind(Set set) => set.IsVerdictMap ? "map" : "set";

    private static string Some(ElementList elements) => elements.Count == 1 ? "1 element" : $"{elements.Count} elements";
}
