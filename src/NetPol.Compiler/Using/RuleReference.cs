using NetPol.Model.Policies;

namespace NetPol.Compiler.Using;

/// <summary>A rule of a policy.</summary>
/// <param name="Policy">Its policy.</param>
/// <param name="Direction">In which of the policy's lists it is.</param>
/// <param name="Index">Its place there, from 0.</param>
/// <param name="Name">Its name; null when it has none.</param>
public sealed record RuleReference(PolicyId Policy, Direction Direction, int Index, string? Name)
{
    public override string ToString() => $"{Policy} {(Direction == Direction.Ingress ? "ingress" : "egress")} rule {Index}{(Name is null ? "" : $" \"{Name}\"")}";
}
