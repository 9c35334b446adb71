namespace NetPol.Compiler.Using;

public enum UnusedReason
{
    /// <summary>A BaselineAdminNetworkPolicy has an effect only under the name default.</summary>
    NoEffect,

    /// <summary>A policy of an administrator without rules.</summary>
    SaysNothing,

    /// <summary>Its subject is no pod that a node runs.</summary>
    SelectsNoPod,

    /// <summary>An Allow with something that is not understood, or not enforced yet, matches nothing.</summary>
    NotUnderstood,

    /// <summary>No pod, node or address that its subjects could meet is among its peers.</summary>
    NoSuchPeer,

    /// <summary>No pod that it is about has a port of the name.</summary>
    NoSuchPort,

    /// <summary>Everything that it matches is decided, or passed on, before it.</summary>
    Shadowed,

    /// <summary>Others decide the same.</summary>
    Redundant,
}
