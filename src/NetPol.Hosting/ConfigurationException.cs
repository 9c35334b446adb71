namespace NetPol.Hosting;

/// <summary>The operator configured the daemon with something that it cannot use.</summary>
/// <param name="faults">A line for each wrong setting: its name, its source, its value and what to write.</param>
/// <param name="cause">What the daemon met; null if it is the value itself.</param>
public sealed class ConfigurationException(IReadOnlyList<string> faults, Exception? cause = null) : Exception(string.Join('\n', faults), cause)
{
    public ConfigurationException(string fault, Exception? cause = null)
        : this([fault], cause)
    {
    }

    /// <summary>A line for each wrong setting.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}

/// <summary>The daemon cannot run where it was started, whatever its settings are. The message is for the operator.</summary>
public sealed class DaemonException(string message, Exception cause) : Exception(message, cause);
