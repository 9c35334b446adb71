namespace NetPol.Model.Policies;

/// <summary>The policy kinds, in evaluation order for equal priorities.</summary>
public enum PolicyKind
{
    AdminNetworkPolicy,
    ClusterNetworkPolicy,
    NetworkPolicy,
    BaselineAdminNetworkPolicy,
}

public static class PolicyKinds
{
    /// <summary>The API's name of the kind. Content ids hash it, so it is independent of the member's name.</summary>
    public static string Name(this PolicyKind kind) => kind switch
    {
        PolicyKind.AdminNetworkPolicy => "AdminNetworkPolicy",
        PolicyKind.ClusterNetworkPolicy => "ClusterNetworkPolicy",
        PolicyKind.NetworkPolicy => "NetworkPolicy",
        PolicyKind.BaselineAdminNetworkPolicy => "BaselineAdminNetworkPolicy",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
