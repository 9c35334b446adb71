namespace NetPol.Model.Policies;

/// <summary>
/// A policy by kind and name. <paramref name="Namespace"/> is empty for the cluster-scoped kinds.
/// Ordered by kind, namespace, name (ordinally). Written <c>Kind namespace/name</c>.
/// </summary>
public readonly record struct PolicyId(PolicyKind Kind, string Namespace, string Name) : IComparable<PolicyId>
{
    /// <summary><c>namespace/name</c>, or <c>name</c> for a cluster-scoped policy.</summary>
    public string QualifiedName => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";

    public static bool operator <(PolicyId left, PolicyId right) => left.CompareTo(right) < 0;

    public static bool operator >(PolicyId left, PolicyId right) => left.CompareTo(right) > 0;

    public static bool operator <=(PolicyId left, PolicyId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PolicyId left, PolicyId right) => left.CompareTo(right) >= 0;

    public int CompareTo(PolicyId other)
    {
        if (Kind != other.Kind)
            return Kind.CompareTo(other.Kind);
        var byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(Name, other.Name);
    }

    public override string ToString() => $"{Kind.Name()} {QualifiedName}";
}
