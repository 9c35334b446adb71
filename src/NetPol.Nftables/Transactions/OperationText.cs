namespace NetPol.Nftables.Transactions;

/// <summary>What an operation asks for, in the words of an error message: one line, elements only counted.</summary>
internal static class OperationText
{
    public static string Describe(string table, Operation operation) => operation switch
    {
        Operation.AddTable => $"create table inet {table}",
        Operation.WakeTable => $"wake table inet {table}",
        Operation.DeleteTable => $"delete table inet {table}",
        Operation.AddCounter add => $"create counter inet {table} {add.Counter.Name}",
        Operation.DeleteCounter delete => $"delete counter inet {table} {delete.Name}",
        Operation.AddChain add => $"create chain inet {table} {add.Chain.Name}",
        Operation.DeleteChain delete => $"delete chain inet {table} {delete.Name}",
        Operation.FlushChain flush => $"flush chain inet {table} {flush.Name}",
        Operation.AddRule add => $"add rule inet {table} {add.Chain} {add.Rule}",
        Operation.AddSet add => $"create {Kind(add.Set)} inet {table} {add.Set.Name}",
        Operation.DeleteSet delete => $"delete {Kind(delete.Set)} inet {table} {delete.Set.Name}",
        Operation.AddElements add => $"create {Some(add.Elements)} in {Kind(add.Set)} inet {table} {add.Set.Name}",
        Operation.DeleteElements delete => $"delete {Some(delete.Elements)} of {Kind(delete.Set)} inet {table} {delete.Set.Name}",
        _ => throw new InvalidOperationException($"unknown operation {operation.GetType()}"),
    };

    private static string Kind(Set set) => set.IsVerdictMap ? "map" : "set";

    private static string Some(ElementList elements) => elements.Count == 1 ? "1 element" : $"{elements.Count} elements";
}
