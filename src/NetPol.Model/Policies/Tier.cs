namespace NetPol.Model.Policies;

/// <summary>The tiers in evaluation order. <see cref="Default"/> has no policies and allows every connection that no other tier decides.</summary>
public enum Tier
{
    Admin,
    NetworkPolicy,
    Baseline,
    Default,
}
