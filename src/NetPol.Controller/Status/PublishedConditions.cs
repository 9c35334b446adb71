using System.Globalization;
using System.Text.Json;

namespace NetPol.Controller.Status;

/// <summary>The conditions as a policy's status has them: what the API server holds, whichever replica wrote it.</summary>
internal sealed class PublishedConditions
{
    private readonly Dictionary<string, (PolicyCondition Condition, string Since)> _byType;

    private PublishedConditions(Dictionary<string, (PolicyCondition Condition, string Since)> byType, DateTimeOffset? checkedAt) => (_byType, CheckedAt) = (byType, checkedAt);

    /// <summary>When a controller last checked them; null when they do not say.</summary>
    public DateTimeOffset? CheckedAt { get; }

    /// <summary>Reads <c>status.conditions</c> of a policy; none where it has none, and without those that lack a field.</summary>
    public static PublishedConditions Of(JsonElement policy)
    {
        var found = new Dictionary<string, (PolicyCondition Condition, string Since)>(StringComparer.Ordinal);
        DateTimeOffset? checkedAt = null;
        if (policy.TryGetProperty("status", out var status) && status.TryGetProperty("conditions", out var conditions) && conditions.ValueKind == JsonValueKind.Array)
        {
            foreach (var condition in conditions.EnumerateArray())
            {
                if (Text(condition, "type") is { } type && Text(condition, "status") is { } state && Text(condition, "lastTransitionTime") is { } since)
                {
                    var (message, at) = CheckedTime.Split(Text(condition, "message") ?? "");
                    checkedAt ??= at;
                    found[type] = (new(type, string.Equals(state, "True", StringComparison.Ordinal), Text(condition, "reason") ?? "", message, Generation(condition)), since);
                }
            }
        }
        return new(found, checkedAt);
    }

    /// <summary>Whether there is nothing to write but the time; conditions of types that nobody here writes do not count.</summary>
    public bool Say(IReadOnlyList<PolicyCondition> conditions) =>
        PolicyConditions.Types.All(type => Equals(_byType.GetValueOrDefault(type).Condition, conditions.FirstOrDefault(c => string.Equals(c.Type, type, StringComparison.Ordinal))));

    /// <summary>Since when the condition has the status that it has (RFC 3339): now, unless it had it already.</summary>
    public string Since(PolicyCondition condition, DateTimeOffset now) =>
        _byType.TryGetValue(condition.Type, out var there) && there.Condition.Status == condition.Status
            ? there.Since
            : now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string? Text(JsonElement condition, string name) =>
        condition.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Generation(JsonElement condition) =>
        condition.TryGetProperty("observedGeneration", out var value) && value.TryGetInt64(out var generation) ? generation : 0;
}
