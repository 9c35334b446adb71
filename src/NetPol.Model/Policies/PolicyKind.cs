namespace NetPol.Model.Policies;

/// <summary>The policy kinds, in the order in which a tie of priority is broken.</summary>
public enum PolicyKind
{
    AdminNetworkPolicy,
    ClusterNetworkPolicy,
    NetworkPolicy,
    BaselineAdminNetworkPolicy,
}

public static class PolicyKinds
{
    /// <summary>The API's name of the kind. Ids are hashes of it, so it does not follow the name of the member.</summary>
    public static string Name(this PolicyKind kind) => kind switch
    {
        PolicyKind.AdminNetworkPolicy => "AdminNetworkPolicy",
        PolicyKind.ClusterNetworkPolicy => "ClusterNetworkPolicy",
        PolicyKind.NetworkPolicy => "NetworkPolicy",
        PolicyKind.BaselineAdminNetworkPolicy => "BaselineAdminNetworkPolicy",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
