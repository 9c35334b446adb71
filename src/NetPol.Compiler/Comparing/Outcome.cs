using NetPol.Compiler.Reaching;

namespace NetPol.Compiler.Comparing;

/// <summary>What changes for a connection, as numbers of sets of ports.</summary>
internal readonly record struct Outcome(int Opened, int Closed, int DecidedOtherwise)
{
    public static Outcome None { get; } = new(PortSetTable.Nothing, PortSetTable.Nothing, PortSetTable.Nothing);

    public int Of(ChangeKind kind) => kind switch
    {
        ChangeKind.Opened => Opened,
        ChangeKind.Closed => Closed,
        _ => DecidedOtherwise,
    };
}
