namespace NetPol.Hosting;

/// <summary>Where measurements are handed out.</summary>
public sealed record MetricsOptions
{
    /// <summary>The port of <c>/metrics</c>, plain HTTP, on all addresses; null for none. The loopback port answers it always.</summary>
    public int? Port { get; init; }

    /// <summary>An OTLP collector; null for the one that the environment's OTEL_EXPORTER_OTLP_ variables name, if any.</summary>
    public Uri? Collector { get; init; }
}
