using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Reading;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects.Common;

/// <summary>Reads NetPol's own annotations. What is not understood is reported and counts as not written: the policy is enforced.</summary>
internal static class AnnotationReader
{
    /// <summary>On a policy: <c>audit</c> to be told what it would do, without doing it.</summary>
    public const string Mode = Prefix + "mode";

    /// <summary>On a policy or a Namespace: <c>denied</c> or <c>all</c>, of which connections there shall be flow records.</summary>
    public const string Log = Prefix + "log";

    /// <summary>On any object: codes of warnings, with commas between, that are not wanted about it.</summary>
    public const string Ignore = Prefix + "ignore";

    private const string Prefix = "netpol.io/";

    public static Policy Read(ObjectHeader header, Policy policy)
    {
        var texts = Texts(header, [Mode, Log, Ignore]);
        return policy with { IsAudited = IsAudited(texts.GetValueOrDefault(Mode)), Logging = Logging(texts.GetValueOrDefault(Log)) };
    }

    public static Namespace Read(ObjectHeader header, Namespace space) => space with { Logging = Logging(Texts(header, [Log, Ignore]).GetValueOrDefault(Log)) };

    /// <summary>The codes of the warnings that the object suppresses; a code that does not exist is reported.</summary>
    public static List<string> ReadSuppressedCodes(ObjectHeader header)
    {
        var suppressed = new List<string>();
        if (header.Annotations is not { Node: MappingNode } annotations)
            return suppressed;
        foreach (var (name, field) in annotations.Object()!.Strings())
        {
            if (name is not Ignore || field.Node is not ScalarNode { Kind: ScalarKind.Text } codes)
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
            var meant = Suggestion.For(code, LintCode.All.Select(l => l.Code)) is { } close ? $": did you mean {close}?" : "; docs/reference/check-codes.md lists them";
            field.Warning("unknown-annotation", $"{ScalarNode.Quote(code)} is the code of no warning that can be suppressed{meant}");
        }
    }

    /// <summary>The annotations that are there, by name, each with what is written and where.</summary>
    private static Dictionary<string, (string Text, Field Field)?> Texts(ObjectHeader header, string[] known)
    {
        var found = new Dictionary<string, (string Text, Field Field)?>(StringComparer.Ordinal);
        foreach (var (name, field) in header.Annotations?.Object()?.Strings() ?? [])
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

    private static bool IsAudited((string Text, Field Field)? mode)
    {
        if (mode is not { } written || written.Text is "audit")
            return mode is not null;
        written.Field.Warning("unknown-annotation", $"{ScalarNode.Quote(written.Text)} is not a mode, so the policy is enforced: write audit, or leave it out");
        return false;
    }

    private static FlowLogging Logging((string Text, Field Field)? log)
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
