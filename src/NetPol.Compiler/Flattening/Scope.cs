namespace NetPol.Compiler.Flattening;

/// <summary>Which connections of a subject are judged, and so which policies count.</summary>
internal enum Scope
{
    /// <summary>Connections with anyone else: every tier.</summary>
    Others,

    /// <summary>Connections with itself: not the tier NetworkPolicy.</summary>
    Self,

    /// <summary>Connections to its own node: not the tier NetworkPolicy, and only rules that name addresses or everyone.</summary>
    OwnNode,
}
