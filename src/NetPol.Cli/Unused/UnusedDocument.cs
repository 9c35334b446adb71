using System.Text.Json.Serialization;
using NetPol.Cli.Infrastructure;
using NetPol.Compiler.Analysis.Unused;
using NetPol.Model.Policies;

namespace NetPol.Cli.Unused;

/// <summary>The unused policies and rules.</summary>
internal sealed record UnusedDocument(IReadOnlyList<UnusedPolicyJson> Items) : ListDocument<UnusedPolicyJson>("UnusedReport", UnusedSerializers.Default)
{
    public static UnusedDocument Create(IEnumerable<UnusedPolicy> unused) => new([.. unused.Select(UnusedPolicyJson.Create)]);
}

/// <summary>An unused policy, or an unused rule of one.</summary>
/// <param name="Kind">The policy's kind.</param>
/// <param name="Policy">The policy: <c>namespace/name</c>, or a name.</param>
/// <param name="Rule">The rule; null for the whole policy.</param>
/// <param name="Term">Whether it never decides, or decides nothing that others would not decide alike.</param>
/// <param name="Reason">Why.</param>
/// <param name="DecidedBy">The rules that decide before it or instead of it.</param>
/// <param name="IsolatedBy">The NetworkPolicies whose isolation decides instead of it.</param>
/// <param name="UnmatchedPods">Pods with labels close to those that it selects.</param>
/// <param name="ByDefault">Whether the default decides instead of it.</param>
/// <param name="ByOtherSide">Whether the other side of the connection decides instead of it.</param>
internal sealed record UnusedPolicyJson(
    string Kind,
    string Policy,
    RuleReferenceJson? Rule,
    UnusedType Term,
    UnusedReason Reason,
    IReadOnlyList<RuleReferenceJson> DecidedBy,
    IReadOnlyList<string> IsolatedBy,
    IReadOnlyList<string> UnmatchedPods,
    bool ByDefault,
    bool ByOtherSide)
{
    public static UnusedPolicyJson Create(UnusedPolicy unused) => new(
        unused.Policy.Kind.ToString(),
        unused.Policy.QualifiedName,
        unused.Rule is { } rule ? RuleReferenceJson.Create(rule) : null,
        unused.Type,
        unused.Reason,
        [.. unused.ReplacingRules.Select(RuleReferenceJson.Create)],
        [.. unused.ReplacingIsolation.Select(p => p.QualifiedName)],
        [.. unused.UnselectablePods.Select(p => p.Id.ToString())],
        unused.ByDefault,
        unused.ByOtherSide);
}

/// <summary>A rule of a policy.</summary>
/// <param name="Kind">The policy's kind.</param>
/// <param name="Policy">The policy: <c>namespace/name</c>, or a name.</param>
/// <param name="Direction">Which rules of the policy it belongs to.</param>
/// <param name="Index">The rule's index, from 0.</param>
/// <param name="Name">The rule's name; null without one.</param>
internal sealed record RuleReferenceJson(string Kind, string Policy, Direction Direction, int Index, string? Name)
{
    public static RuleReferenceJson Create(RuleReference rule) => new(rule.Policy.Kind.ToString(), rule.Policy.QualifiedName, rule.Direction, rule.Index, rule.Name);
}

[JsonSerializable(typeof(UnusedDocument))]
internal sealed partial class UnusedSerializers : JsonSerializerContext;
