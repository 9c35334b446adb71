namespace NetPol.Kubernetes.Manifests;

/// <summary>How manifests are read.</summary>
public sealed record LoadOptions
{
    /// <summary>How many nodes the cluster has at least: a DaemonSet has a pod on each. Null: those that are named, or two.</summary>
    public int? Nodes { get; init; }

    /// <summary>The cluster that the files go on top of: an object of a file takes the place of the cluster's of that name. Null: the files alone.</summary>
    public ClusterObjects? Beneath { get; init; }

    /// <summary>The namespace of objects that name none. It is asked for once, and only when there is such an object.</summary>
    public Func<string> DefaultNamespace { get; init; } = static () => "default";

    /// <summary>The only namespace that objects may name, as an apply with <c>-n</c> has it; null: any.</summary>
    public string? RequiredNamespace { get; init; }

    /// <summary>Which files and folders of a folder are passed over: see <see cref="ManifestLoader.IsExcluded"/>.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Manifests that another program wrote, each with the name that messages give it. They are read after the files.</summary>
    public IReadOnlyList<(string Name, string Text)> Rendered { get; init; } = [];
}
