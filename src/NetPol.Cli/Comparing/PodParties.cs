using NetPol.Model;

namespace NetPol.Cli.Comparing;

/// <summary>Some pods, or, where that is shorter, all but some.</summary>
/// <param name="AllBut">Whether those that are named are not meant, and all others are.</param>
/// <param name="Namespaces">Namespaces, with all their pods.</param>
/// <param name="Workloads">Workloads and pods of other namespaces.</param>
internal sealed record PodParties(bool AllBut, ValueArray<string> Namespaces, ValueArray<PodTerm> Workloads)
{
    /// <summary>Stands for a namespace in what is said of several at once; no namespace can be called so.</summary>
    public const string Here = ".";

    public static bool IsHere(string space) => string.Equals(space, Here, StringComparison.Ordinal);

    public string? Home => !AllBut && Namespaces.Concat(Workloads.Select(w => w.Namespace)).Distinct(StringComparer.Ordinal).ToList() is [var home] ? home : null;

    public PodParties From(string home) => this with
    {
        Namespaces = Namespaces.Select(n => string.Equals(n, home, StringComparison.Ordinal) ? Here : n).ToValueArray(),
        Workloads = Workloads.Select(w => string.Equals(w.Namespace, home, StringComparison.Ordinal) ? w with { Namespace = Here, Pods = 0 } : w).ToValueArray(),
    };
}
