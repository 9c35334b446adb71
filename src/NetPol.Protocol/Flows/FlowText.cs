using System.Globalization;

namespace NetPol.Protocol.Flows;

/// <summary>A record as a line for people.</summary>
public static class FlowText
{
    /// <summary><c>12:03:04 deny ingress shop/web-1 → shop/db-0 5432/TCP by NetworkPolicy shop/db (isolation) ×3</c>, without a line feed.</summary>
    /// <param name="record">What to write.</param>
    /// <param name="zone">Whose clock is meant.</param>
    public static string Write(FlowRecord record, TimeZoneInfo zone) => string.Create(
        CultureInfo.InvariantCulture,
        $"{TimeZoneInfo.ConvertTime(record.FirstAt, zone):HH:mm:ss} {FlowWords.Verdict(record)} {FlowWords.Direction(record)} {record.Source.Name} → {record.Destination.Name} {Port(record)}{FlowWords.Protocol(record)} by {FlowWords.Decider(record.Decision)}{(record.Count > 1 ? $" ×{record.Count}" : "")}");

    private static string Port(FlowRecord record) => record.Destination.Port is { } port ? $"{port}/" : "";
}
