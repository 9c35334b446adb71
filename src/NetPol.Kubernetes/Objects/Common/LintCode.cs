using NetPol.Model;

namespace NetPol.Kubernetes.Objects.Common;

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
        new("priority-tie"),
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

    /// <summary>What suppresses an answer of <c>netpol unused</c>. No diagnostic has it.</summary>
    public const string Unused = "unused";

    /// <summary>Whether a warning has this code and can be suppressed.</summary>
    public static bool IsKnown(string code) => All.Any(l => string.Equals(l.Code, code, StringComparison.Ordinal));
}
