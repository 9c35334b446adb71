namespace NetPol.Compiler.Explaining;

/// <summary>Whether a side of a connection is judged. One that is not is allowed by default.</summary>
public enum Judgement
{
    /// <summary>By every tier.</summary>
    Full,

    /// <summary>The pod connects through a Service to itself: by Admin and Baseline.</summary>
    Self,

    /// <summary>The pod connects to its own address: the packet does not leave the pod.</summary>
    OwnAddress,

    /// <summary>The peer is the subject's own node: by Admin and Baseline.</summary>
    ToOwnNode,

    /// <summary>What a node sends to its own pods always passes.</summary>
    FromOwnNode,

    /// <summary>The address is no pod's, or only that of pods which policies do not see.</summary>
    NoPod,

    /// <summary>No node runs the pod.</summary>
    NoNode,
}
