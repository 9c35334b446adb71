using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace NetPol.Hosting;

/// <summary>Exports metrics: Prometheus scrapes them, and a collector gets them by OTLP if one is configured.</summary>
public static class Telemetry
{
    private const string Path = "/metrics";
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string LogsEndpoint = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
    private const string LogsPath = "/v1/logs";

    /// <summary>The process's provider of measurements; ends with a last push.</summary>
    /// <param name="options">Where to.</param>
    /// <param name="service">The name of the executable.</param>
    /// <param name="instance">The name of this instance of it.</param>
    /// <param name="meters">Names of meters.</param>
    /// <param name="configure">Adds further settings.</param>
    public static MeterProvider StartMetrics(DaemonOptions options, string service, string instance, IEnumerable<string> meters, Action<MeterProviderBuilder>? configure = null)
    {
        var variables = Variables(options);
        var builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(variables))
            .ConfigureResource(resource => resource.AddService(service, serviceVersion: ProgramVersion.Text, serviceInstanceId: instance))
            .AddMeter([.. meters])
            .AddPrometheusExporter();
        configure?.Invoke(builder);
        if (variables[Endpoint] is not null || variables[MetricsEndpoint] is not null)
            builder.AddOtlpExporter();
        return builder.Build();
    }

    /// <summary>Answers <c>/metrics</c> on the loopback port and on that for Prometheus; no other port has it.</summary>
    public static void MapMetrics(IApplicationBuilder app, MeterProvider provider, DaemonOptions options) =>
        app.UseOpenTelemetryPrometheusScrapingEndpoint(
            provider, context => context.Request.Path == Path && (context.Connection.LocalPort == options.LocalPort || context.Connection.LocalPort == options.MetricsPort),
            path: null, configureBranchedPipeline: null, optionsName: null);

    /// <summary>How to reach the collector of logs.</summary>
    /// <exception cref="ConfigurationException">No collector is named, or its address is not valid.</exception>
    public static OtlpExporterOptions CreateLogExporterOptions(DaemonOptions options)
    {
        var exporter = new OtlpExporterOptions();
        if (options.OtlpEndpoint is { } collector)
            exporter.Endpoint = exporter.Protocol == OtlpExportProtocol.HttpProtobuf ? new(collector, LogsPath) : collector;
        else if (Environment.GetEnvironmentVariable(LogsEndpoint) is { Length: > 0 } address)
            exporter.Endpoint = Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri : throw new ConfigurationException($"{LogsEndpoint}: \"{address}\" in the environment is not valid: write the address of a collector, such as http://HOST:PORT");
        else if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Endpoint)))
            throw new ConfigurationException($"--flow-log-output: no collector is named for logs: give --otlp-endpoint, or {Endpoint} or {LogsEndpoint} in the environment");
        return exporter;
    }

    private static IConfiguration Variables(DaemonOptions options)
    {
        var builder = new ConfigurationBuilder().AddEnvironmentVariables();
        if (options.OtlpEndpoint is { } collector)
            builder.AddInMemoryCollection([KeyValuePair.Create<string, string?>(Endpoint, collector.ToString())]);
        return builder.Build();
    }
}

/// <summary>How time is measured.</summary>
public static class HistogramBuckets
{
    /// <summary>Bounds of histograms of seconds, from the time of a small change to an unacceptable delay.</summary>
    public static IReadOnlyList<double> Seconds { get; } = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
}
