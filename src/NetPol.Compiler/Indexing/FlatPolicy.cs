using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>A policy with the rules that can match anything.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Subject">The trait of its subject.</param>
/// <param name="Ingress">In written order; empty when it says nothing about ingress or nothing of what it says can match.</param>
/// <param name="Egress">As <paramref name="Ingress"/>.</param>
/// <param name="IsIsolated">It is a NetworkPolicy that isolates its pods and allows nothing, whatever its rules say.</param>
internal sealed record FlatPolicy(Policy Policy, int Subject, FlatRule[] Ingress, FlatRule[] Egress, bool IsIsolated = false)
{
    /// <summary>The NetworkPolicy without its rules: it isolates in the same directions, and allows nothing.</summary>
    public FlatPolicy Isolated() => new(Policy, Subject, [], [], IsIsolated: true);

    public FlatRule[] Rules(Direction direction) => direction == Direction.Ingress ? Ingress : Egress;

    /// <summary>Whether it can decide anything in this direction; a NetworkPolicy isolates even without rules.</summary>
    public bool Speaks(Direction direction) =>
        Rules(direction).Length > 0 || (Policy.Tier == Tier.NetworkPolicy && Policy.Rules(direction) is not null);
}
