using System.CommandLine;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;

namespace NetPol.Hosting;

/// <summary>What the executables are told: a flag goes before the environment (<c>NETPOL_LOG_LEVEL</c> for <c>--log-level</c>), that before the file.</summary>
public sealed class Settings
{
    private readonly ParseResult _flags;
    private readonly List<ConfigurationProvider> _below = [new EnvironmentVariablesConfigurationProvider("NETPOL_")];

    /// <exception cref="FormatException">The file is not there, or is no JSON.</exception>
    public Settings(ParseResult flags)
    {
        _flags = flags;
        if (flags.GetValue(Config) is { } file)
        {
            if (!File.Exists(file))
                throw new FormatException($"--config: there is no file {file}");
            _below.Add(new JsonConfigurationProvider(new() { Path = Path.GetFullPath(file), FileProvider = new PhysicalFileProvider("/") }));
        }
        try
        {
            _below.ForEach(p => p.Load());
        }
        catch (InvalidDataException error)
        {
            throw new FormatException($"--config: {error.Message} {error.InnerException?.Message}".TrimEnd(), error);
        }
    }

    public static Option<string?> Config { get; } = Option("--config", "A JSON file with the names of the flags as keys", "FILE");

    public static Option<string?> LogFormat { get; } = Option("--log-format", "text or json [json]", "FORMAT");

    public static Option<string?> LogLevel { get; } = Option("--log-level", "Trace, Debug, Information, Warning or Error [Information]", "LEVEL");

    public static Option<string?> MetricsPort { get; } = Option("--metrics-port", "A port that answers /metrics (HTTP) on all addresses, for Prometheus [none]", "PORT");

    public static Option<string?> OtlpEndpoint { get; } = Option("--otlp-endpoint", "A collector to push metrics to (OTLP) [the environment's OTEL_EXPORTER_OTLP_ENDPOINT; none]", "URL");

    /// <exception cref="FormatException">The port is none, or the endpoint no address.</exception>
    public MetricsOptions Metrics => new()
    {
        Port = Text(MetricsPort) is null ? null : Port(MetricsPort, 0),
        Collector = Text(OtlpEndpoint) is not { } text ? null
            : Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address
            : throw new FormatException($"--otlp-endpoint: \"{text}\" is not the address of a collector: write http://HOST:PORT"),
    };

    /// <exception cref="FormatException">It is neither text nor json.</exception>
    public bool JsonLogs => Text(LogFormat) switch
    {
        null or "json" => true,
        "text" => false,
        var other => throw new FormatException($"--log-format: \"{other}\" is not a format: write text or json"),
    };

    /// <exception cref="FormatException">There is no such level.</exception>
    public LogLevel Level => Text(LogLevel) is not { } level ? Microsoft.Extensions.Logging.LogLevel.Information
        : Enum.TryParse<LogLevel>(level, ignoreCase: true, out var known) && !char.IsAsciiDigit(level[0]) ? known
        : throw new FormatException($"--log-level: \"{level}\" is not a level: write Trace, Debug, Information, Warning or Error");

    public static Option<string?> Option(string name, string description, string helpName) => new(name) { Description = description, HelpName = helpName };

    /// <summary>Null when it is not said anywhere.</summary>
    public string? Text(Option<string?> option) =>
        _flags.GetValue(option) ?? _below.Select(p => Value(p, option.Name[2..]) ?? Value(p, option.Name[2..].Replace('-', '_'))).FirstOrDefault(v => v is not null);

    /// <exception cref="FormatException">It is not a port.</exception>
    public int Port(Option<string?> option, int otherwise) => Text(option) is not { } text ? otherwise
        : ushort.TryParse(text, out var port) && port > 0 ? port
        : throw new FormatException($"{option.Name}: \"{text}\" is not a port: write a number from 1 to 65535");

    /// <summary>Null when it is not said anywhere.</summary>
    /// <exception cref="FormatException">It is not an IP address.</exception>
    public IPAddress? Address(Option<string?> option) => Text(option) is not { } text ? null
        : IPAddress.TryParse(text, out var address) ? address
        : throw new FormatException($"{option.Name}: \"{text}\" is not an IP address");

    /// <exception cref="FormatException">It is not a number from 1 to a million.</exception>
    public int Count(Option<string?> option, int otherwise) => Text(option) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 1_000_000 ? count
        : throw new FormatException($"{option.Name}: \"{text}\" is not a number from 1 to 1000000");

    /// <exception cref="FormatException">It is none of the words.</exception>
    public T Word<T>(Option<string?> option, T otherwise)
        where T : struct, Enum => Text(option) is not { } text ? otherwise
        : Enum.TryParse<T>(text, ignoreCase: true, out var word) && !char.IsAsciiDigit(text[0]) && text[0] != '-' && !text.Contains(',', StringComparison.Ordinal) ? word
        : throw new FormatException($"{option.Name}: \"{text}\" is not one of {string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()))}");

    public static void Configure(ILoggingBuilder logging, LogLevel level, bool json)
    {
        logging.SetMinimumLevel(level);
        logging.AddFilter("Microsoft", Microsoft.Extensions.Logging.LogLevel.Warning);
        logging.AddFilter("Grpc", Microsoft.Extensions.Logging.LogLevel.Warning);
        if (json)
            logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "O"));
        else
            logging.AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, "HH:mm:ss.fff "));
    }

    private static string? Value(ConfigurationProvider provider, string key) => provider.TryGet(key, out var value) ? value : null;
}
