using Google.Protobuf.WellKnownTypes;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Protocol.Conversion;

/// <summary>The other end sent what the protocol does not allow. The stream is of no use any more; what is enforced stays.</summary>
public class ProtocolException(string message) : Exception(message);

/// <summary>Decisions and policies on the wire.</summary>
internal static class DecisionConversion
{
    public static Wire.Decision Write(Decision decision)
    {
        var wire = new Wire.Decision
        {
            Direction = decision.Direction switch
            {
                Direction.Egress => Wire.Decision.Types.Direction.Egress,
                Direction.Ingress => Wire.Decision.Types.Direction.Ingress,
                _ => throw new ArgumentOutOfRangeException(nameof(decision)),
            },
            Verdict = decision.Verdict == Verdict.Allow ? Wire.Decision.Types.Verdict.Allow : Wire.Decision.Types.Verdict.Deny,
            Tier = decision.Tier switch
            {
                Tier.Admin => Wire.Decision.Types.Tier.Admin,
                Tier.NetworkPolicy => Wire.Decision.Types.Tier.NetworkPolicy,
                Tier.Baseline => Wire.Decision.Types.Tier.Baseline,
                Tier.Default => Wire.Decision.Types.Tier.Default,
                _ => throw new ArgumentOutOfRangeException(nameof(decision)),
            },
            Policy = decision.Policy is { } policy ? Write(policy) : null,
            Audit = decision.Audit is { } audit ? Write(audit) : null,
            Logged = decision.IsLogged,
        };
        if (decision.RuleIndex is { } index)
            wire.RuleIndex = (uint)index;
        if (decision.RuleName is { } name)
            wire.RuleName = name;
        foreach (var isolating in decision.IsolatedBy)
            wire.IsolatedBy.Add(Write(isolating));
        return wire;
    }

    /// <exception cref="ProtocolException">A word is not known here, or an audit is none.</exception>
    public static Decision Read(Wire.Decision wire)
    {
        if (wire.Audit is { } audit && (audit.Audit is not null || audit.Logged || audit.Direction != wire.Direction))
            throw new ProtocolException("the audit of a decision is no plain decision of its direction");
        return ReadPlain(wire).WithAudit(wire.Audit is null ? null : ReadPlain(wire.Audit), wire.Logged);
    }

    private static Decision ReadPlain(Wire.Decision wire) => Decision.Restore(
        wire.Direction switch
        {
            Wire.Decision.Types.Direction.Egress => Direction.Egress,
            Wire.Decision.Types.Direction.Ingress => Direction.Ingress,
            var other => throw new ProtocolException($"a decision has the direction {other}"),
        },
        wire.Verdict switch
        {
            Wire.Decision.Types.Verdict.Allow => Verdict.Allow,
            Wire.Decision.Types.Verdict.Deny => Verdict.Deny,
            var other => throw new ProtocolException($"a decision has the verdict {other}"),
        },
        wire.Tier switch
        {
            Wire.Decision.Types.Tier.Admin => Tier.Admin,
            Wire.Decision.Types.Tier.NetworkPolicy => Tier.NetworkPolicy,
            Wire.Decision.Types.Tier.Baseline => Tier.Baseline,
            Wire.Decision.Types.Tier.Default => Tier.Default,
            var other => throw new ProtocolException($"a decision has the tier {other}"),
        },
        wire.Policy is null ? null : Read(wire.Policy),
        wire.HasRuleIndex ? checked((int)wire.RuleIndex) : null,
        wire.HasRuleName ? wire.RuleName : null,
        wire.IsolatedBy.Select(Read).ToValueArray());

    public static Wire.Policy Write(PolicyId policy) => new()
    {
        Kind = policy.Kind switch
        {
            PolicyKind.AdminNetworkPolicy => Wire.Policy.Types.Kind.AdminNetworkPolicy,
            PolicyKind.ClusterNetworkPolicy => Wire.Policy.Types.Kind.ClusterNetworkPolicy,
            PolicyKind.NetworkPolicy => Wire.Policy.Types.Kind.NetworkPolicy,
            PolicyKind.BaselineAdminNetworkPolicy => Wire.Policy.Types.Kind.BaselineAdminNetworkPolicy,
            _ => throw new ArgumentOutOfRangeException(nameof(policy)),
        },
        Namespace = policy.Namespace,
        Name = policy.Name,
    };

    public static PolicyId Read(Wire.Policy wire) => new(
        wire.Kind switch
        {
            Wire.Policy.Types.Kind.AdminNetworkPolicy => PolicyKind.AdminNetworkPolicy,
            Wire.Policy.Types.Kind.ClusterNetworkPolicy => PolicyKind.ClusterNetworkPolicy,
            Wire.Policy.Types.Kind.NetworkPolicy => PolicyKind.NetworkPolicy,
            Wire.Policy.Types.Kind.BaselineAdminNetworkPolicy => PolicyKind.BaselineAdminNetworkPolicy,
            var other => throw new ProtocolException($"a policy has the kind {other}"),
        },
        wire.Namespace,
        wire.Name);
}

/// <summary>Ids of 128 bits on the wire: the upper and the lower half of the number.</summary>
internal static class IdConversion
{
    public static ulong High(UInt128 id) => (ulong)(id >> 64);

    public static ulong Low(UInt128 id) => (ulong)id;

    public static UInt128 Join(ulong high, ulong low) => new(high, low);
}

/// <summary>Moments of the wire.</summary>
public static class TimeConversion
{
    /// <exception cref="ProtocolException">It is outside the years 1 to 9999, or has a second of more than a billion nanoseconds.</exception>
    public static DateTimeOffset Read(Timestamp wire)
    {
        try
        {
            return wire.ToDateTimeOffset();
        }
        catch (InvalidOperationException error)
        {
            throw new ProtocolException($"{wire.Seconds} s and {wire.Nanos} ns is no moment: {error.Message}");
        }
    }
}
