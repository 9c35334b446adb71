namespace NetPol.Compiler.Comparing;

/// <summary>Whom the sources of changed connections connect to.</summary>
public enum Counterpart
{
    /// <summary>Somebody else; of nodes: not to or from the node that runs the pod.</summary>
    Others,

    /// <summary>Each pod to itself, through a Service.</summary>
    Itself,

    /// <summary>Each pod to the node that runs it.</summary>
    OwnNode,
}
