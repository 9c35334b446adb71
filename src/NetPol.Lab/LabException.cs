namespace NetPol.Lab;

/// <summary>Thrown when the lab cannot do what the user asked. The message says what the user can fix.</summary>
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

/// <summary>Checks whether this process can make labs on this machine.</summary>
public static class LabRequirements
{
    /// <summary>Returns what is missing, as a sentence for the user; null when nothing is missing.</summary>
    public static string? Missing()
    {
        if (!OperatingSystem.IsLinux())
            return "a lab is made of Linux network namespaces: run it on Linux";
        return Environment.IsPrivilegedProcess ? null : "a lab makes network namespaces, which only root may: run it as root";
    }

    internal static void Require()
    {
        if (Missing() is { } missing)
            throw new LabException(missing);
    }
}
