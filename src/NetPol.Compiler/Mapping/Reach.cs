namespace NetPol.Compiler.Mapping;

/// <summary>How far the connections from the pods of one namespace to those of another one are allowed, on every port. What two of them come to together is their <c>|</c>.</summary>
[Flags]
public enum Reach : byte
{
    /// <summary>There are no two pods to connect.</summary>
    NoPods = 0,

    /// <summary>Every connection is allowed.</summary>
    Open = 1,

    /// <summary>None is.</summary>
    Closed = 2,

    /// <summary>Some pods, or some ports, are.</summary>
    Partly = Open | Closed,
}
