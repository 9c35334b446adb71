namespace NetPol.Compiler.Using;

/// <summary>In which sense something is of no use.</summary>
public enum UnusedTerm
{
    /// <summary>No connection of the cluster, or with any address outside, is decided or passed on by it.</summary>
    NeverDecides,

    /// <summary>It decides connections, but without it, and with all else as it is, every connection has the same verdict.</summary>
    ChangesNothing,
}
