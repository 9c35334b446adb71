namespace NetPol.Lab;

/// <summary>The lab cannot do what was asked for a reason that the person who asked can mend; the message says which.</summary>
public sealed class LabException : Exception
{
    public LabException()
    {
    }

    public LabException(string message)
        : base(message)
    {
    }

    public LabException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
