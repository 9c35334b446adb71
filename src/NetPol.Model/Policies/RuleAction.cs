namespace NetPol.Model.Policies;

/// <summary>The action of a rule. <c>Accept</c> of ClusterNetworkPolicy is <see cref="Allow"/>.</summary>
public enum RuleAction
{
    Allow,
    Deny,
    Pass,
}
