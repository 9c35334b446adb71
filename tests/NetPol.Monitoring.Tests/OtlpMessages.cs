using Google.Protobuf;

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

/// <summary>Reads what an OTLP client sends, by the field numbers of opentelemetry/proto/collector/metrics/v1 and what it refers to.</summary>
internal static class OtlpMetrics
{
    /// <summary>Every data point of a sum of integers: <c>service instance name{labels}</c> and its number.</summary>
    public static IEnumerable<(string Name, long Value)> Sums(byte[] request)
    {
        foreach (var resourceMetrics in Messages(request, 1))
        {
            var resource = Messages(resourceMetrics, 1).SelectMany(r => Messages(r, 1)).Select(Attribute).ToDictionary(StringComparer.Ordinal);
            foreach (var metric in Messages(resourceMetrics, 2).SelectMany(scope => Messages(scope, 2)))
            {
                var name = Messages(metric, 1).Single().ToStringUtf8();
                foreach (var point in Messages(metric, 7).SelectMany(sum => Messages(sum, 1)))
                {
                    var labels = Messages(point, 7).Select(Attribute).OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}");
                    if (Fixed(point, 6) is { } value)
                        yield return ($"{resource["service.name"]} {resource["service.instance.id"]} {name}{{{string.Join(' ', labels)}}}", value);
                }
            }
        }
    }

    /// <summary>Key and value of a KeyValue whose value is a string.</summary>
    internal static KeyValuePair<string, string> Attribute(ByteString keyValue) => new(
        Messages(keyValue, 1).Single().ToStringUtf8(), Messages(keyValue, 2).SelectMany(any => Messages(any, 1)).SingleOrDefault(ByteString.Empty).ToStringUtf8());

    internal static List<ByteString> Messages(byte[] message, int field) => Messages(ByteString.CopyFrom(message), field);

    internal static List<ByteString> Messages(ByteString message, int field)
    {
        var found = new List<ByteString>();
        using var input = message.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            if (tag == WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited))
                found.Add(input.ReadBytes());
            else
                input.SkipLastField();
        }
        return found;
    }

    private static long? Fixed(ByteString message, int field)
    {
        using var input = message.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            if (tag == WireFormat.MakeTag(field, WireFormat.WireType.Fixed64))
                return input.ReadSFixed64();
            input.SkipLastField();
        }
        return null;
    }
}
