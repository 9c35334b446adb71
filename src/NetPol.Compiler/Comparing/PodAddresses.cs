using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Compiler.Comparing;

/// <summary>The one address of a family by which a pod is judged.</summary>
internal static class PodAddresses
{
    /// <summary>Whether policies see the pod, and it has an address of the family.</summary>
    public static bool HasAddress(this Pod pod, IpFamily family) => pod.IsSelectable && pod.Addresses.Any(a => a.Family == family);

    /// <summary>The first of the family.</summary>
    public static IpAddress AddressOf(this Pod pod, IpFamily family) => pod.Addresses.First(a => a.Family == family);
}
