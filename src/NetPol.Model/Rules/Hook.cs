namespace NetPol.Model.Rules;

/// <summary>Where a node evaluates connections. Each enforcement point has its own rules.</summary>
public enum Hook
{
    /// <summary>Traffic from a local pod to any destination except its own node.</summary>
    Egress,

    /// <summary>Traffic to a local pod from any source except its own node.</summary>
    Ingress,

    /// <summary>
    /// Traffic from a local pod to its own node. Only Admin and Baseline rules apply, and only those that can name a node: networks, nodes,
    /// and rules that fail closed to every peer.
    /// </summary>
    EgressToNode,
}
