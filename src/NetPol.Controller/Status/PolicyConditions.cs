using NetPol.Kubernetes.Watching;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Controller.Status;

/// <summary>What is said of a policy of the admin kinds.</summary>
internal static class PolicyConditions
{
    private const string AcceptedType = "Accepted", InForceType = "InForce", TieType = "PriorityTie", AuditedType = "Audited", IsolatedType = "Isolated";
    private const int MostFaults = 10;
    private const int LongestMessage = 8_000;

    /// <summary>Whether the condition can become false while its policy stays the same: its message then says when it was checked.</summary>
    public static bool GrowsOld(string type) => string.Equals(type, InForceType, StringComparison.Ordinal);

    /// <summary>The types of every condition that may be said.</summary>
    public static IReadOnlyList<string> Types { get; } = [AcceptedType, InForceType, TieType, AuditedType, IsolatedType];

    /// <param name="policy">The policy.</param>
    /// <param name="others">Every policy, this one too.</param>
    /// <param name="inForce">On how many nodes this generation is in force.</param>
    /// <param name="nodes">How many nodes there are.</param>
    /// <param name="isolated">Why the policy is isolated, and what is enforced instead; null when it is not.</param>
    /// <returns>Accepted, InForce, PriorityTie where there is one, Audited where it is, and Isolated where it is.</returns>
    public static IReadOnlyList<PolicyCondition> Of(WatchedPolicy policy, IEnumerable<WatchedPolicy> others, int inForce, int nodes, string? isolated = null)
    {
        if (!policy.IsEnforced)
            return [Accepted(policy), new(InForceType, Status: false, "NotEnforced", "NetPol cannot read the policy, so its pods are unknown and nothing of it is enforced", policy.Generation)];
        var everywhere = inForce >= nodes;
        var conditions = new List<PolicyCondition>
        {
            Accepted(policy),
            new(InForceType, everywhere, everywhere ? "InForce" : "Pending", $"in force on {inForce} of {nodes} nodes at generation {policy.Generation}", policy.Generation),
        };
        var tied = others.Where(o => o.IsEnforced).Select(o => o.Policy).Where(o => PriorityTies.AreTied(o, policy.Policy)).Select(o => o.Id).Order().ToList();
        if (tied.Count > 0)
        {
            conditions.Add(new(
                TieType, Status: true, "SamePriority",
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
                ? new(AcceptedType, Status: false, "Invalid", Told(faults, "What is faulty is enforced as strictly as it can be meant. "), policy.Generation)
                : new(AcceptedType, Status: false, "Unreadable", Told(faults, ""), policy.Generation);
        }
        return policy.Diagnostics.IsEmpty
            ? new(AcceptedType, Status: true, "Accepted", "every field is understood", policy.Generation)
            : new(AcceptedType, Status: true, "AcceptedWithWarnings", Told([.. policy.Diagnostics], ""), policy.Generation);
    }

    private static string Told(List<Diagnostic> diagnostics, string before)
    {
        var told = string.Join("; ", diagnostics.Take(MostFaults).Select(d => d.Field.Length == 0 ? d.Message : $"{d.Field}: {d.Message}"));
        return Shortened(before + told + (diagnostics.Count > MostFaults ? $"; and {diagnostics.Count - MostFaults} more" : ""));
    }

    private static string Shortened(string text) => text.Length <= LongestMessage ? text : text[..LongestMessage];
}
