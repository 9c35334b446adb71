namespace NetPol.Compiler.Comparing;

public enum ChangeKind
{
    /// <summary>Denied before, allowed now.</summary>
    Opened,

    /// <summary>Allowed before, denied now.</summary>
    Closed,

    /// <summary>Allowed or denied as before, but by others.</summary>
    DecidedOtherwise,
}
