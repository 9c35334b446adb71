
namespace NetPol.Kubernetes.Client;

/// <summary>A kind that a cluster serves, but in no version that is read.</summary>
public static class UnreadVersions
{
    /// <summary>What is wrong and what to do, without a full stop.</summary>
    /// <param name="kind">The name of a kind that is watched.</param>
    /// <param name="versions">The versions that are served.</param>
    /// <exception cref="ArgumentException">The kind is none that is read.</exception>
    public static string Describe(string kind, IEnumerable<string> versions)
    {
        var known = ResourceTypes.Find(kind) ?? throw new ArgumentException($"{kind} is not read", nameof(kind));
        return $"the cluster serves {kind} only as {string.Join(", ", versions)}, and NetPol reads {string.Join(" and ", known.Versions)}: "
            + "its objects are not read; install a NetPol that reads one of these versions, or let the cluster serve one that NetPol reads";
    }
}
