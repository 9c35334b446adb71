namespace NetPol.Model.Policies;

/// <summary>A side of a connection, seen from the subject pod.</summary>
public enum Direction
{
    Egress,
    Ingress,
}
