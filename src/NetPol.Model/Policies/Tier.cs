namespace NetPol.Model.Policies;

/// <summary>The tiers in the order in which they decide. <see cref="Default"/> holds no policy: what nobody decided is allowed.</summary>
public enum Tier
{
    Admin,
    NetworkPolicy,
    Baseline,
    Default,
}
