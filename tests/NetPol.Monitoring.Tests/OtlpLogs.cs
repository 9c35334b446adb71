namespace NetPol.Monitoring.Tests;

/// <summary>Reads what an OTLP client sends, by the field numbers of opentelemetry/proto/collector/logs/v1 and what it refers to.</summary>
internal static class OtlpLogs
{
    /// <summary>Every record: <c>service instance</c>, and those of its attributes that are texts, but for times.</summary>
    public static IEnumerable<string> Records(byte[] request)
    {
        foreach (var resourceLogs in OtlpMetrics.Messages(request, 1))
        {
            var resource = OtlpMetrics.Messages(resourceLogs, 1).SelectMany(r => OtlpMetrics.Messages(r, 1)).Select(OtlpMetrics.Attribute).ToDictionary(StringComparer.Ordinal);
            foreach (var record in OtlpMetrics.Messages(resourceLogs, 2).SelectMany(scope => OtlpMetrics.Messages(scope, 2)))
            {
                var attributes = OtlpMetrics.Messages(record, 6).Select(OtlpMetrics.Attribute)
                    .Where(a => a.Value.Length > 0 && a.Key is not ("netpol.start" or "netpol.end")).OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}={a.Value}");
                yield return $"{resource["service.name"]} {resource["service.instance.id"]} {string.Join(' ', attributes)}";
            }
        }
    }
}
