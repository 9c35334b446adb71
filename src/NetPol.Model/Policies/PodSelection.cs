namespace NetPol.Model.Policies;

/// <summary>
/// Pods by namespace and labels. Pods in the host's network are never selected, and finished pods only as a subject; pods of a namespace that is not
/// known match no namespace selector, but do match <paramref name="Namespace"/>.
/// </summary>
/// <param name="Namespace">Exactly this namespace, when not null; then <paramref name="Namespaces"/> is Everything and does not count.</param>
/// <param name="Namespaces">Which namespaces, by their labels.</param>
/// <param name="Pods">Which pods in them, by their labels.</param>
public sealed record PodSelection(string? Namespace, LabelSelector Namespaces, LabelSelector Pods)
{
    public static PodSelection InNamespace(string name, LabelSelector pods) => new(name, LabelSelector.Everything, pods);

    public static PodSelection InNamespaces(LabelSelector namespaces, LabelSelector? pods = null) =>
        new(null, namespaces, pods ?? LabelSelector.Everything);

    public override string ToString() => Namespace is null ? $"pods {Pods} in namespaces {Namespaces}" : $"pods {Pods} in {Namespace}";
}
