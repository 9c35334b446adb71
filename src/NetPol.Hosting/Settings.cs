using System.CommandLine;
using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

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

/// <summary>The format of log entries.</summary>
public enum LogFormat
{
    Text,
    Json,
}

/// <summary>The settings that all daemons have.</summary>
public abstract record DaemonOptions
{
    private const string LogLevels = "Trace, Debug, Information, Warning or Error";

    /// <summary>What a setting for a port expects.</summary>
    public const string ExpectedPort = "a port from 1 to 65535";

    /// <summary>Describes the settings of this class.</summary>
    public static IReadOnlyList<Setting> CommonSettings { get; } =
    [
        new("metrics-port", "A port that answers /metrics (HTTP) on all addresses, for Prometheus [none]", "PORT", ExpectedPort),
        new("otlp-endpoint", "A collector to push metrics to (OTLP) [the environment's OTEL_EXPORTER_OTLP_ENDPOINT; none]", "URL", "the address of a collector, such as http://HOST:PORT"),
        new("log-format", "text or json [json]", "FORMAT", "text or json") { Choices = ["text", "json"] },
        new("log-level", $"{LogLevels} [Information]", "LEVEL", LogLevels) { Choices = ["Trace", "Debug", "Information", "Warning", "Error"] },
    ];

    /// <summary>The port of health, state and metrics, plain HTTP, on the loopback address only.</summary>
    [Range(1, ushort.MaxValue)]
    public abstract int LocalPort { get; set; }

    /// <summary>The port of <c>/metrics</c>, plain HTTP, on all addresses; null for none. The loopback port answers it always.</summary>
    [Range(1, ushort.MaxValue)]
    public int? MetricsPort { get; set; }

    /// <summary>An OTLP collector; null for the one that the environment's OTEL_EXPORTER_OTLP_ variables name, if any.</summary>
    [HttpAddress]
    public Uri? OtlpEndpoint { get; set; }

    [EnumDataType(typeof(LogFormat))]
    public LogFormat LogFormat { get; set; } = LogFormat.Json;

    [EnumDataType(typeof(LogLevel))]
    public LogLevel LogLevel { get; set; } = LogLevel.Information;
}

/// <summary>Accepts absolute http and https addresses, and null.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HttpAddressAttribute : ValidationAttribute
{
    public override bool IsValid(object? value) => value is null or Uri { IsAbsoluteUri: true, Scheme: "http" or "https" };
}

/// <summary>Accepts the text of an IP address, and null.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class IpAddressTextAttribute : ValidationAttribute
{
    public override bool IsValid(object? value) => value is null || IPAddress.TryParse(value as string, out _);
}

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

/// <summary>
/// The settings of a daemon, from defaults, the file of <c>--config</c>, the environment (<c>NETPOL_LOG_LEVEL</c> for <c>--log-level</c>) and the flags. A later source overrides an earlier one.
/// </summary>
public sealed class SettingSources : IDisposable
{
    private readonly IReadOnlyList<Setting> _settings;
    private readonly ConfigurationRoot _configuration;

    /// <summary>Reads all sources.</summary>
    /// <param name="settings">All settings of the daemon.</param>
    /// <param name="defaults">By name, the values that apply if no source has one.</param>
    /// <param name="file">A JSON file with the names of settings as keys; null for none.</param>
    /// <param name="flags">By name, the values on the command line.</param>
    /// <exception cref="ConfigurationException">The file is missing, unreadable or not JSON.</exception>
    public SettingSources(IReadOnlyList<Setting> settings, IEnumerable<KeyValuePair<string, string?>> defaults, string? file, IEnumerable<KeyValuePair<string, string?>> flags)
    {
        _settings = settings;
        List<IConfigurationProvider> providers = [new Values(defaults, "by default"), new EnvironmentVariables(), new Values(flags, "on the command line")];
        if (file is not null)
            providers.Insert(1, new JsonFile(file));
        try
        {
            _configuration = new(providers);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"--config: \"{file}\" cannot be read: {error.Message} {error.InnerException?.Message}".TrimEnd(), error);
        }
    }

    /// <summary>The settings, each by the name of its property.</summary>
    public IConfiguration Configuration => _configuration;

    /// <summary>Requires that each value has the type of its property, and that none is empty that may not be.</summary>
    /// <param name="bind">Binds a configuration to new options.</param>
    /// <exception cref="ConfigurationException">Some have not.</exception>
    public void RequireTypes(Action<IConfiguration> bind)
    {
        var faults = _settings.Where(s => !CanBind(bind, s)).Select(Fault).ToList();
        if (faults.Count > 0)
            throw new ConfigurationException(faults);
    }

    /// <summary>Returns the message to the operator about options that their validator refused.</summary>
    public ConfigurationException Explain(OptionsValidationException error) => new([.. error.Failures.Select(Fault).Distinct(StringComparer.Ordinal)], error);

    public void Dispose() => _configuration.Dispose();

    private bool CanBind(Action<IConfiguration> bind, Setting setting)
    {
        if (_configuration[setting.Key] is not { } value)
            return true;
        if (value.Length == 0)
            return setting.MayBeEmpty;
        try
        {
            bind(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>(setting.Key, value)]).Build());
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <param name="failure">The message of a validator: the property, a colon, and a text.</param>
    private string Fault(string failure)
    {
        var property = failure.Split(':')[0];
        return _settings.FirstOrDefault(s => string.Equals(s.Key, property, StringComparison.OrdinalIgnoreCase)) is { } setting ? Fault(setting) : failure;
    }

    private string Fault(Setting setting)
    {
        foreach (var provider in _configuration.Providers.Reverse())
        {
            if (provider.TryGet(setting.Key, out var value))
                return $"{setting.Flag}: \"{value}\" {((ISource)provider).Place(setting)} is not valid: write {setting.Expected}";
        }
        return $"{setting.Flag}: it is missing: write {setting.Expected}";
    }

    private interface ISource
    {
        /// <summary>Where the source has a setting, as part of a sentence: "on the command line".</summary>
        string Place(Setting setting);
    }

    private sealed class Values : ConfigurationProvider, ISource
    {
        private readonly string _place;

        public Values(IEnumerable<KeyValuePair<string, string?>> values, string place)
        {
            _place = place;
            foreach (var (name, value) in values)
                Data[Setting.KeyOf(name)] = value;
        }

        public string Place(Setting setting) => _place;
    }

    private sealed class EnvironmentVariables() : EnvironmentVariablesConfigurationProvider(Setting.Prefix), ISource
    {
        public string Place(Setting setting) => $"in the environment variable {setting.Variable}";

        public override void Load()
        {
            base.Load();
            Data = ByKey(Data);
        }
    }

    private sealed class JsonFile(string path)
        : JsonConfigurationProvider(new() { Path = System.IO.Path.GetFullPath(path), FileProvider = new PhysicalFileProvider("/") }), ISource
    {
        public string Place(Setting setting) => $"in {path}";

        public override void Load()
        {
            base.Load();
            Data = ByKey(Data);
        }
    }

    private static Dictionary<string, string?> ByKey(IDictionary<string, string?> data)
    {
        var byKey = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in data)
            byKey[Setting.KeyOf(name)] = value;
        return byKey;
    }
}
