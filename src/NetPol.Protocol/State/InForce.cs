namespace NetPol.Protocol.State;

/// <summary>How far a policy is in force, as a replica sees it.</summary>
/// <param name="Generation">The policy's, as the replica knows it.</param>
/// <param name="Nodes">On how many of the nodes that follow the replica that is in force.</param>
public sealed record InForce(long Generation, int Nodes);
