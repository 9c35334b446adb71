using NetPol.Model.Policies;

namespace NetPol.Controller.Status;

/// <summary>What events and conditions say of an isolated policy.</summary>
internal static class IsolationText
{
    /// <summary>What failed, what is enforced instead, and what to do.</summary>
    public static string Of(PolicyIsolation isolation, PolicyKind kind) => $"{isolation.Reason}. {Enforced(isolation, kind)} until the policy changes; write it otherwise";

    private static string Enforced(PolicyIsolation isolation, PolicyKind kind) => kind == PolicyKind.NetworkPolicy
        ? "It isolates its pods and allows nothing"
        : isolation.Degree == IsolationDegree.AllowsNothing
            ? "It allows nothing, its Deny rules hold, and its Pass rules deny"
            : "It allows nothing, and its Deny and Pass rules deny every peer of its pods";
}
