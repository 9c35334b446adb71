using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects.Common;

/// <summary>Reads NetPol's own annotations. What is not understood is reported and counts as not written: the policy is enforced.</summary>
internal static class AnnotationReader
{
    /// <summary>On a policy: <c>audit</c> reports what the policy would do, without enforcing it.</summary>
    public const string Mode = Prefix + "mode";

    /// <summary>On a policy or a Namespace: <c>denied</c> or <c>all</c>, of which connections there shall be flow records.</summary>
    public const string Log = Prefix + "log";

    /// <summary>On any object: codes of warnings, with commas between, that are not wanted about it.</summary>
    public const string Ignore = Prefix + "ignore";

    private const string Prefix = "netpol.io/";

    public static Policy Read(ObjectHeader header, Policy policy)
    {
        var texts = ReadTexts(header, [Mode, Log, Ignore]);
        return policy with { IsAudited = ReadIsAudited(texts.GetValueOrDefault(Mode)), Logging = ReadLogging(texts.GetValueOrDefault(Log)) };
    }

    public static Namespace Read(ObjectHeader header, Namespace space) => space with { Logging = ReadLogging(ReadTexts(header, [Log, Ignore]).GetValueOrDefault(Log)) };

    /// <summary>The codes of the warnings that the object suppresses; a code that does not exist is reported.</summary>
    public static List<string> ReadSuppressedCodes(ObjectHeader header)
    {
        var suppressed = new List<string>();
        if (header.Annotations is not { Node: MappingNode } annotations)
            return suppressed;
        foreach (var (name, field) in annotations.Object()!.StringEntries())
        {
            if (name is not Ignore || field.Node is not ScalarNode { Type: ScalarType.Text } codes)
                continue;
            suppressed.AddRange(codes.Text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries));
            ReportUnknown(suppressed, field);
        }
        return suppressed;
    }

    private static void ReportUnknown(List<string> codes, Field field)
    {
        foreach (var code in codes.Where(c => !LintCode.IsKnown(c)))
        {
            var suggestion = SpellingSuggestion.Find(code, LintCode.All.Select(l => l.Code)) is { } close ? $": did you mean {close}?" : "; docs/reference/check-codes.md lists them";
            field.Warning("unknown-annotation", $"{ScalarNode.Quote(code)} is the code of no warning that can be suppressed{suggestion}");
        }
    }

    /// <summary>The annotations that are there, by name, each with what is written and where.</summary>
    private static Dictionary<string, (string Text, Field Field)?> ReadTexts(ObjectHeader header, string[] known)
    {
        var found = new Dictionary<string, (string Text, Field Field)?>(StringComparer.Ordinal);
        foreach (var (name, field) in header.Annotations?.Object()?.StringEntries() ?? [])
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal))
                continue;
            if (!known.Contains(name, StringComparer.Ordinal))
                field.Warning("unknown-annotation", $"a {header.Kind} has no such annotation: known are {string.Join(", ", known)}");
            else if (field.Text() is { } text)
                found[name] = (text, field);
        }
        return found;
    }

    private static bool ReadIsAudited((string Text, Field Field)? mode)
    {
        if (mode is not { } written || written.Text is "audit")
            return mode is not null;
        written.Field.Warning("unknown-annotation", $"{ScalarNode.Quote(written.Text)} is not a mode, so the policy is enforced: write audit, or leave it out");
        return false;
    }

    private static FlowLogging ReadLogging((string Text, Field Field)? log)
    {
        switch (log?.Text)
        {
            case null:
                return FlowLogging.None;
            case "denied":
                return FlowLogging.Denied;
            case "all":
                return FlowLogging.All;
            default:
                log.Value.Field.Warning("unknown-annotation", $"{ScalarNode.Quote(log.Value.Text)} is not known: write denied or all, or leave it out");
                return FlowLogging.None;
        }
    }
}

/// <summary>A warning that can be suppressed, as <c>docs/reference/check-codes.md</c> describes it.</summary>
/// <param name="Code">The code of its diagnostics.</param>
/// <param name="Needs">The objects without which it is not looked for; null where a policy is enough.</param>
public sealed record LintCode(string Code, string? Needs = null)
{
    internal const string Pods = "pods";
    internal const string Services = "Services";
    internal const string Namespaces = "Namespaces";

    /// <summary>In ordinal order.</summary>
    public static ValueArray<LintCode> All { get; } =
    [
        new("and-written-as-or", Pods),
        new("client-address-lost", Services),
        new("egress-without-dns"),
        new("empty-peers"),
        new("empty-ports"),
        new("foreign-kind"),
        new("host-bits"),
        new("implied-namespace"),
        new("missing-namespace", Namespaces),
        new("no-effect"),
        new("not-enforced"),
        new("peer-selects-no-namespace", Namespaces),
        new("peer-selects-no-pod", Pods),
        new("priority-conflict"),
        new("selects-finished", Pods),
        new("selects-host-network", Pods),
        new("selects-no-namespace", Namespaces),
        new("selects-no-pod", Pods),
        new("service-address", Services),
        new("service-port", Services),
        new("shared-address", Pods),
        new("unknown-field"),
        new("unknown-named-port", Pods),
        new(Unused),
    ];

    /// <summary>Suppresses a finding of <c>netpol unused</c>. It is not the code of a diagnostic.</summary>
    public const string Unused = "unused";

    /// <summary>Whether a warning has this code and can be suppressed.</summary>
    public static bool IsKnown(string code) => All.Any(l => string.Equals(l.Code, code, StringComparison.Ordinal));
}

/// <summary>The warnings that objects suppress with the annotation <c>netpol.io/ignore</c>.</summary>
internal sealed class Suppressions
{
    private readonly HashSet<(string Subject, string Code)> _codes = [];

    /// <param name="subject">The object as <c>Kind namespace/name</c>.</param>
    /// <param name="code">The code.</param>
    public void Add(string subject, string code) => _codes.Add((subject, code));

    public bool Contains(string subject, string code) => _codes.Contains((subject, code));

    /// <summary>Whether the diagnostic is suppressed. An error never is, and neither is what API servers refuse.</summary>
    public bool Covers(Diagnostic diagnostic) => diagnostic is { Severity: Severity.Warning, RefusedBy: null } && Contains(diagnostic.Subject, diagnostic.Code);
}
