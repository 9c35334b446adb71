using NetPol.Kubernetes.Syntax;

namespace NetPol.Kubernetes.Objects.Common;

/// <summary>A resource type of the Kubernetes API.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="ApiVersion">The version that people should write: the newest that is read.</param>
/// <param name="IsNamespaced">Whether its objects live in a namespace.</param>
internal sealed record ResourceType(string Kind, string ApiVersion, bool IsNamespaced)
{
    /// <summary>The group under which older clusters had the workloads. Its NetworkPolicies are no longer served by any.</summary>
    private const string FormerGroup = "extensions";

    public string Group => GroupOf(ApiVersion);

    /// <summary>The version before <see cref="ApiVersion"/> where it is read as well; otherwise null. Objects of both have one schema.</summary>
    public string? OlderVersion { get; init; }

    /// <summary>Whether verdicts depend on its objects. False for Services: they only route connections.</summary>
    public bool AffectsPolicies { get; init; } = true;

    /// <summary>The versions of the group that are read, without the group, the newest first.</summary>
    public IEnumerable<string> Versions => OlderVersion is null ? [VersionOf(ApiVersion)] : [VersionOf(ApiVersion), OlderVersion];

    public bool IsPolicy => Kind.EndsWith("NetworkPolicy", StringComparison.Ordinal);

    /// <summary>The group of an <c>apiVersion</c>; empty for the core group.</summary>
    public static string GroupOf(string apiVersion) =>
        apiVersion.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? apiVersion[..slash] : "";

    /// <summary>Whether objects of an <c>apiVersion</c> of this kind are read.</summary>
    public bool Reads(string apiVersion) =>
        string.Equals(GroupOf(apiVersion), Group, StringComparison.Ordinal) && Versions.Contains(VersionOf(apiVersion), StringComparer.Ordinal);

    /// <summary>Whether a kind of this name in a group is this one. Another group may have a kind of the same name.</summary>
    public bool IsInGroup(string group) => string.Equals(group, Group, StringComparison.Ordinal) || (!IsPolicy && string.Equals(group, FormerGroup, StringComparison.Ordinal));

    /// <summary>Says what is wrong with an object's name; null for a valid one.</summary>
    public string? CheckName(string name) =>
        string.Equals(Kind, "Namespace", StringComparison.Ordinal) ? NameValidation.CheckNamespaceName(name) : NameValidation.CheckObjectName(name);

    private static string VersionOf(string apiVersion) => apiVersion[(apiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..];
}

/// <summary>Reads objects of one resource type, from a file or from an API server.</summary>
internal interface IObjectReader
{
    /// <summary>The resource type.</summary>
    ResourceType Type { get; }
}

/// <summary>Reads objects of one resource type, from a file or from an API server.</summary>
/// <typeparam name="T">What an object is read as.</typeparam>
internal interface IObjectReader<out T> : IObjectReader
    where T : class
{
    /// <summary>Reads an object and reports its faults to <see cref="ObjectHeader.Report"/>.</summary>
    /// <returns>The value; null for an object that has no effect.</returns>
    T? Read(ObjectHeader header);
}
