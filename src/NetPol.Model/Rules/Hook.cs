namespace NetPol.Model.Rules;

/// <summary>Where on a node connections are judged. Each has rules of its own.</summary>
public enum Hook
{
    /// <summary>What a local pod sends to anywhere but its own node.</summary>
    Egress,

    /// <summary>What a local pod receives from anywhere but its own node.</summary>
    Ingress,

    /// <summary>
    /// What a local pod sends to its own node: the tiers Admin and Baseline only, and of those only the rules that can name a node
    /// (networks, nodes, and what fails closed to every peer).
    /// </summary>
    EgressToNode,
}
