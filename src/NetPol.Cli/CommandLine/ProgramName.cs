namespace NetPol.Cli.CommandLine;

/// <summary>The name that the program was started with.</summary>
internal static class ProgramName
{
    private const string Default = "netpol";
    private const string Plugin = "kubectl-netpol";

    /// <summary><c>kubectl netpol</c> when kubectl started it as a plugin, else <c>netpol</c>.</summary>
    public static string Current { get; } = string.Equals(Path.GetFileName(Invoked()), Plugin, StringComparison.Ordinal) ? "kubectl netpol" : Default;

    /// <summary>The first word of the process, which is a symbolic link's own name; on other systems than Linux the program.</summary>
    private static string Invoked()
    {
        try
        {
            return File.ReadAllText("/proc/self/cmdline").Split('\0')[0];
        }
        catch (IOException)
        {
            return Environment.ProcessPath ?? Default;
        }
    }
}
