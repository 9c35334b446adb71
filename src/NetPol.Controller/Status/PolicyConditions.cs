using System.Globalization;
using System.Text.Json;
using NetPol.Kubernetes.Watch;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Controller.Status;

/// <summary>The conditions of a policy of the admin kinds.</summary>
internal static class PolicyConditions
{
    private const string AcceptedType = "Accepted", ProgrammedType = "Programmed", PriorityConflictType = "PriorityConflict", AuditedType = "Audited", IsolatedType = "Isolated";
    private const int MostFaults = 10;
    private const int LongestMessage = 8_000;

    /// <summary>Whether the condition can become false while its policy stays the same: its message then says when it was checked.</summary>
    public static bool HasCheckTime(string type) => string.Equals(type, ProgrammedType, StringComparison.Ordinal);

    /// <summary>The types of all conditions.</summary>
    public static IReadOnlyList<string> Types { get; } = [AcceptedType, ProgrammedType, PriorityConflictType, AuditedType, IsolatedType];

    /// <param name="policy">The policy.</param>
    /// <param name="others">Every policy, this one too.</param>
    /// <param name="programmed">On how many nodes this generation is programmed.</param>
    /// <param name="nodes">How many nodes there are.</param>
    /// <param name="isolated">Why the policy is isolated, and what is enforced instead; null when it is not.</param>
    /// <returns>Accepted, Programmed, PriorityConflict where there is one, Audited where it is, and Isolated where it is.</returns>
    public static IReadOnlyList<PolicyCondition> Create(WatchedPolicy policy, IEnumerable<WatchedPolicy> others, int programmed, int nodes, string? isolated = null)
    {
        if (!policy.IsEnforced)
            return [Accepted(policy), new(ProgrammedType, Status: false, "NotEnforced", "NetPol cannot read the policy, so its pods are unknown and nothing of it is enforced", policy.Generation)];
        var everywhere = programmed >= nodes;
        var conditions = new List<PolicyCondition>
        {
            Accepted(policy),
            new(ProgrammedType, everywhere, everywhere ? "Programmed" : "Pending", $"programmed on {programmed} of {nodes} nodes at generation {policy.Generation}", policy.Generation),
        };
        var tied = others.Where(o => o.IsEnforced).Select(o => o.Policy).Where(o => PriorityConflicts.HaveConflict(o, policy.Policy)).Select(o => o.Id).Order().ToList();
        if (tied.Count > 0)
        {
            conditions.Add(new(
                PriorityConflictType, Status: true, "SamePriority",
                Shortened($"priority {policy.Policy.Priority} is also that of {string.Join(", ", tied)}, which can decide the same connections otherwise: they are evaluated by kind, then by name; give each its own"),
                policy.Generation));
        }
        if (policy.Policy.IsAudited)
            conditions.Add(new(AuditedType, Status: true, "ByAnnotation", "nothing of it is enforced: what it would decide is counted and logged", policy.Generation));
        if (isolated is not null)
            conditions.Add(new(IsolatedType, Status: true, "CannotBeEnforced", Shortened(isolated), policy.Generation));
        return conditions;
    }

    private static PolicyCondition Accepted(WatchedPolicy policy)
    {
        var faults = policy.Diagnostics.Where(d => d.Severity == Severity.Error).ToList();
        if (faults.Count > 0)
        {
            return policy.IsEnforced
                ? new(AcceptedType, Status: false, "Invalid", Reported(faults, "Faulty parts are enforced in their strictest reading. "), policy.Generation)
                : new(AcceptedType, Status: false, "Unreadable", Reported(faults, ""), policy.Generation);
        }
        return policy.Diagnostics.IsEmpty
            ? new(AcceptedType, Status: true, "Accepted", "every field is understood", policy.Generation)
            : new(AcceptedType, Status: true, "AcceptedWithWarnings", Reported([.. policy.Diagnostics], ""), policy.Generation);
    }

    private static string Reported(List<Diagnostic> diagnostics, string before)
    {
        var reported = string.Join("; ", diagnostics.Take(MostFaults).Select(d => d.Field.Length == 0 ? d.Message : $"{d.Field}: {d.Message}"));
        return Shortened(before + reported + (diagnostics.Count > MostFaults ? $"; and {diagnostics.Count - MostFaults} more" : ""));
    }

    private static string Shortened(string text) => text.Length <= LongestMessage ? text : text[..LongestMessage];
}

/// <summary>
/// The time at which a controller last checked a condition, at the end of the condition's message. Without a controller nothing writes
/// conditions: this time then grows old, and shows the reader that the condition may no longer be true.
/// </summary>
internal static class LastCheckTime
{
    private const string Separator = " (checked ";
    private const string After = ")";
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>The leader writes the time again when it is this old. One that is twice as old says that no controller leads.</summary>
    public static TimeSpan Renewal { get; } = TimeSpan.FromMinutes(5);

    /// <summary><c>programmed on 3 of 3 nodes at generation 2 (checked 2026-01-02T03:04:05Z)</c>.</summary>
    public static string Append(string message, DateTimeOffset at) => $"{message}{Separator}{at.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture)}{After}";

    /// <returns>The message without the time, and the time; null when the message ends with none.</returns>
    public static (string Message, DateTimeOffset? At) Split(string message)
    {
        var start = message.LastIndexOf(Separator, StringComparison.Ordinal);
        return start >= 0 && message.EndsWith(After, StringComparison.Ordinal)
            && DateTimeOffset.TryParseExact(message[(start + Separator.Length)..^After.Length], Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? (message[..start], at)
            : (message, null);
    }
}

/// <summary>A condition of a policy (meta/v1 Condition), without the time of its last transition.</summary>
internal sealed record PolicyCondition(string Type, bool Status, string Reason, string Message, long ObservedGeneration);

/// <summary>The conditions as a policy's status has them: what the API server holds, whichever replica wrote it.</summary>
internal sealed class PublishedConditions
{
    private readonly Dictionary<string, (PolicyCondition Condition, string Since)> _byType;

    private PublishedConditions(Dictionary<string, (PolicyCondition Condition, string Since)> byType, DateTimeOffset? checkedAt) => (_byType, CheckedAt) = (byType, checkedAt);

    /// <summary>When a controller last checked them; null when they do not say.</summary>
    public DateTimeOffset? CheckedAt { get; }

    /// <summary>Reads <c>status.conditions</c> of a policy; none where it has none, and without those that lack a field.</summary>
    public static PublishedConditions Read(JsonElement policy)
    {
        var found = new Dictionary<string, (PolicyCondition Condition, string Since)>(StringComparer.Ordinal);
        DateTimeOffset? checkedAt = null;
        if (policy.TryGetProperty("status", out var status) && status.TryGetProperty("conditions", out var conditions) && conditions.ValueKind == JsonValueKind.Array)
        {
            foreach (var condition in conditions.EnumerateArray())
            {
                if (Text(condition, "type") is { } type && Text(condition, "status") is { } state && Text(condition, "lastTransitionTime") is { } since)
                {
                    var (message, at) = LastCheckTime.Split(Text(condition, "message") ?? "");
                    checkedAt ??= at;
                    found[type] = (new(type, string.Equals(state, "True", StringComparison.Ordinal), Text(condition, "reason") ?? "", message, Generation(condition)), since);
                }
            }
        }
        return new(found, checkedAt);
    }

    /// <summary>Whether there is nothing to write but the time; conditions of other types than <see cref="PolicyConditions.Types"/> do not count.</summary>
    public bool Contain(IReadOnlyList<PolicyCondition> conditions) =>
        PolicyConditions.Types.All(type => Equals(_byType.GetValueOrDefault(type).Condition, conditions.FirstOrDefault(c => string.Equals(c.Type, type, StringComparison.Ordinal))));

    /// <summary>Since when the condition has the status that it has (RFC 3339): now, unless it had it already.</summary>
    public string TransitionTime(PolicyCondition condition, DateTimeOffset now) =>
        _byType.TryGetValue(condition.Type, out var there) && there.Condition.Status == condition.Status
            ? there.Since
            : now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string? Text(JsonElement condition, string name) =>
        condition.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Generation(JsonElement condition) =>
        condition.TryGetProperty("observedGeneration", out var value) && value.TryGetInt64(out var generation) ? generation : 0;
}
