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

/// <summary>Whether this process can make labs here.</summary>
public static class LabRequirements
{
    /// <summary>What is missing, as a sentence for the person who wants a lab; null when nothing is.</summary>
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
