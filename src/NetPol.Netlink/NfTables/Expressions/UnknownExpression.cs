namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>A step that is not understood here, kept as it is: someone else's rule.</summary>
/// <param name="Name">The kernel's name for its kind.</param>
/// <param name="Data">Its attributes.</param>
public sealed record UnknownExpression(string Name, NfValue Data) : NfExpression
{
    public override string Kind => Name;

    private protected override void WriteBody(MessageWriter writer) => writer.WriteRaw(Data.Span);
}
