using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Logging;

namespace NetPol.Hosting;

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
