namespace NetPol.Model.Diagnostics;

public enum Severity
{
    Warning,
    Error,
}
