namespace NetPol.Model.Policies;

/// <summary>
/// Pods by namespace and labels. Pods in the host's network are never selected, finished pods only as subjects. Pods of an unknown namespace match no
/// namespace selector, but they match <paramref name="Namespace"/>.
/// </summary>
/// <param name="Namespace">Exactly this namespace if not null. Then <paramref name="Namespaces"/> is Everything and ignored.</param>
/// <param name="Namespaces">Selects namespaces by their labels.</param>
/// <param name="Pods">Selects pods in them by their labels.</param>
public sealed record PodSelection(string? Namespace, LabelSelector Namespaces, LabelSelector Pods)
{
    public static PodSelection InNamespace(string name, LabelSelector pods) => new(name, LabelSelector.Everything, pods);

    public static PodSelection InNamespaces(LabelSelector namespaces, LabelSelector? pods = null) =>
        new(null, namespaces, pods ?? LabelSelector.Everything);

    public override string ToString() => Namespace is null ? $"pods {Pods} in namespaces {Namespaces}" : $"pods {Pods} in {Namespace}";
}
