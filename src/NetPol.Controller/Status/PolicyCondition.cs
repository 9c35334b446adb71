namespace NetPol.Controller.Status;

/// <summary>A condition of a policy (meta/v1 Condition), without the moment at which it turned.</summary>
internal sealed record PolicyCondition(string Type, bool Status, string Reason, string Message, long ObservedGeneration);
