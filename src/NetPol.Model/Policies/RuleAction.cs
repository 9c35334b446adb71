namespace NetPol.Model.Policies;

/// <summary>What a rule does with what it matches. <c>Accept</c> of ClusterNetworkPolicy is <see cref="Allow"/>.</summary>
public enum RuleAction
{
    Allow,
    Deny,
    Pass,
}
