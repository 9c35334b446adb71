using System.CommandLine;

namespace NetPol.Hosting;

/// <summary>One setting of a daemon: a flag, an environment variable and a key of the configuration file.</summary>
/// <param name="Name">The flag without its dashes, which is also the key in the file: <c>log-level</c>.</param>
/// <param name="Description">For <c>--help</c>, with the default.</param>
/// <param name="ValueName">Names the value in <c>--help</c>.</param>
/// <param name="Expected">What a valid value is, for error messages: "a port from 1 to 65535".</param>
public sealed record Setting(string Name, string Description, string ValueName, string Expected)
{
    internal const string Prefix = "NETPOL_";

    /// <summary>The values, if there are only a few: shells complete them.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Whether the empty text is a value.</summary>
    public bool MayBeEmpty { get; init; }

    /// <summary>The flag on the command line.</summary>
    public string Flag => $"--{Name}";

    /// <summary>The environment variable.</summary>
    public string Variable => Prefix + Name.ToUpperInvariant().Replace('-', '_');

    /// <summary>The key in a configuration, which is the name of the property without regard to case.</summary>
    internal string Key => KeyOf(Name);

    /// <summary>The key of <c>log-level</c>, <c>log_level</c>, <c>LOG_LEVEL</c> and <c>LogLevel</c> is the same, without regard to case.</summary>
    internal static string KeyOf(string name) => name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);

    internal Option<string?> CreateOption()
    {
        var option = new Option<string?>(Flag) { Description = Description, HelpName = ValueName };
        if (Choices.Count > 0)
            option.CompletionSources.Add([.. Choices]);
        return option;
    }
}
