using System.Globalization;

namespace NetPol.Controller.Status;

/// <summary>
/// The time at which a controller last checked a condition, at the end of the condition's message. Without a controller nothing writes
/// conditions: this time then grows old, and whoever reads the condition sees that it may no longer be true.
/// </summary>
internal static class CheckedTime
{
    private const string Before = " (checked ";
    private const string After = ")";
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>The leader writes the time again when it is this old. One that is twice as old says that no controller leads.</summary>
    public static TimeSpan Renewal { get; } = TimeSpan.FromMinutes(5);

    /// <summary><c>in force on 3 of 3 nodes at generation 2 (checked 2026-01-02T03:04:05Z)</c>.</summary>
    public static string Append(string message, DateTimeOffset at) => $"{message}{Before}{at.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture)}{After}";

    /// <returns>The message without the time, and the time; null when the message ends with none.</returns>
    public static (string Message, DateTimeOffset? At) Split(string message)
    {
        var start = message.LastIndexOf(Before, StringComparison.Ordinal);
        return start >= 0 && message.EndsWith(After, StringComparison.Ordinal)
            && DateTimeOffset.TryParseExact(message[(start + Before.Length)..^After.Length], Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? (message[..start], at)
            : (message, null);
    }
}
