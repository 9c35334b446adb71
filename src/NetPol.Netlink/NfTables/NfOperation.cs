namespace NetPol.Netlink.NfTables;

/// <summary>What one operation of a batch asks for, to name it in an error.</summary>
/// <param name="Verb"><c>add</c>, <c>delete</c>, ….</param>
/// <param name="Kind"><c>table</c>, <c>chain</c>, ….</param>
/// <param name="Family">The table's family.</param>
/// <param name="Table">The table.</param>
/// <param name="Name">The object in the table, or null for the table itself.</param>
public readonly record struct NfOperation(string Verb, string Kind, NfFamily Family, string Table, string? Name)
{
    /// <summary><c>add chain inet netpol forward</c>.</summary>
    public override string ToString() => $"{Verb} {Kind} {FamilyName} {Table}{(Name is null ? "" : " " + Name)}";

    private string FamilyName => Family switch
    {
        NfFamily.Ipv4 => "ip",
        NfFamily.Ipv6 => "ip6",
        _ => Family.ToString().ToLowerInvariant(),
    };
}
