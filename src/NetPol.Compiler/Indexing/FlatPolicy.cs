using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>A policy with only the rules that can match something.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Subject">The matcher of its subject.</param>
/// <param name="Ingress">Its ingress rules in written order. Empty if the policy does not affect ingress or no rule can match.</param>
/// <param name="Egress">As <paramref name="Ingress"/>.</param>
/// <param name="IsIsolated">Whether it is a NetworkPolicy that isolates its pods and allows nothing, regardless of its rules.</param>
internal sealed record FlatPolicy(Policy Policy, int Subject, FlatRule[] Ingress, FlatRule[] Egress, bool IsIsolated = false)
{
    /// <summary>Returns the NetworkPolicy without its rules: it isolates in the same directions and allows nothing.</summary>
    public FlatPolicy Isolated() => new(Policy, Subject, [], [], IsIsolated: true);

    public FlatRule[] Rules(Direction direction) => direction == Direction.Ingress ? Ingress : Egress;

    /// <summary>Whether it affects this direction. A NetworkPolicy isolates even without rules.</summary>
    public bool Speaks(Direction direction) =>
        Rules(direction).Length > 0 || (Policy.Tier == Tier.NetworkPolicy && Policy.Rules(direction) is not null);
}
