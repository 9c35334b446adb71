namespace NetPol.Model.Policies;

/// <summary>The direction of a connection, seen from the subject pod.</summary>
public enum Direction
{
    Egress,
    Ingress,
}
