namespace NetPol.Compiler.Explaining;

public enum StepRole
{
    /// <summary>It does not match.</summary>
    NoMatch,

    /// <summary>It decides.</summary>
    Decides,

    /// <summary>It passes the connection on to the next tier.</summary>
    Passes,

    /// <summary>It matches, but something before it decided or passed.</summary>
    Overruled,
}
