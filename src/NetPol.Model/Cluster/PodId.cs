namespace NetPol.Model.Cluster;

/// <summary>The namespace and name of a pod, in ordinal order. Written <c>namespace/name</c>.</summary>
public readonly record struct PodId(string Namespace, string Name) : IComparable<PodId>
{
    public static bool operator <(PodId left, PodId right) => left.CompareTo(right) < 0;

    public static bool operator >(PodId left, PodId right) => left.CompareTo(right) > 0;

    public static bool operator <=(PodId left, PodId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PodId left, PodId right) => left.CompareTo(right) >= 0;

    public int CompareTo(PodId other)
    {
        var byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(Name, other.Name);
    }

    public override string ToString() => $"{Namespace}/{Name}";
}
