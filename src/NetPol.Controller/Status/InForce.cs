namespace NetPol.Controller.Status;

/// <summary>On how many of a replica's nodes this generation of a policy is in force.</summary>
internal sealed record InForce(long Generation, int Nodes);
