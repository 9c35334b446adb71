namespace NetPol.Model.Rules;

/// <summary>
/// Allows a local pod to send from addresses that are not its own, such as a VPN gateway or a pod with virtual machines. Ordered by pod, then by network.
/// Policies that select the pod do not apply to these sources.
/// </summary>
/// <param name="Pod">An address of the pod. The route to this address determines the pod's interface.</param>
/// <param name="Sources">The addresses that the pod may send from.</param>
public readonly record struct GrantedSource(IpAddress Pod, Cidr Sources) : IComparable<GrantedSource>
{
    public static bool operator <(GrantedSource left, GrantedSource right) => left.CompareTo(right) < 0;

    public static bool operator >(GrantedSource left, GrantedSource right) => left.CompareTo(right) > 0;

    public static bool operator <=(GrantedSource left, GrantedSource right) => left.CompareTo(right) <= 0;

    public static bool operator >=(GrantedSource left, GrantedSource right) => left.CompareTo(right) >= 0;

    public int CompareTo(GrantedSource other) => (Pod, Sources).CompareTo((other.Pod, other.Sources));
}
