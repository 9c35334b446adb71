namespace NetPol.Model.Policies;

/// <summary>The policy kinds, in the order in which a tie of priority is broken.</summary>
public enum PolicyKind
{
    AdminNetworkPolicy,
    ClusterNetworkPolicy,
    NetworkPolicy,
    BaselineAdminNetworkPolicy,
}
