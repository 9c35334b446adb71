using System.ComponentModel;
using System.Diagnostics;
using NetPol.Cli.Clusters;
using NetPol.Cli.Infrastructure;
using NetPol.Kubernetes.Manifests;

namespace NetPol.Cli.Input;

/// <summary>The manifests that the user named.</summary>
/// <param name="Files">Files, folders, and <c>-</c> for standard input.</param>
/// <param name="Kustomizations">Folders that kubectl renders.</param>
/// <param name="Exclude">Globs of files and folders to skip.</param>
/// <param name="Namespace">The namespace of objects that name none; null for that of the context.</param>
/// <param name="Context">The kubeconfig and the context in it.</param>
internal sealed record ManifestSource(string[] Files, string[] Kustomizations, string[] Exclude, string? Namespace, ClusterAccess Context)
{
    private const string Kubectl = "kubectl kustomize";

    /// <summary>Whether the user named no manifests.</summary>
    public bool IsEmpty => Files.Length == 0 && Kustomizations.Length == 0;

    /// <summary>The namespace of objects and names that do not specify one.</summary>
    /// <exception cref="CommandException">The kubeconfig cannot be read.</exception>
    public string DefaultNamespace => Namespace ?? Context.Namespace() ?? "default";

    /// <summary>Loads the manifests without rejecting errors in them.</summary>
    /// <param name="beneath">The cluster beneath them; null for none.</param>
    /// <param name="nodes">As in <see cref="LoadOptions.Nodes"/>.</param>
    /// <exception cref="CommandException">kubectl cannot render a kustomization, or the kubeconfig cannot be read.</exception>
    public LoadedManifests Read(LiveCluster? beneath = null, int? nodes = null)
    {
        var loaded = ManifestLoader.Load(Files, Files.Contains("-", StringComparer.Ordinal) ? Console.In : null, new LoadOptions
        {
            BaseCluster = beneath?.Objects,
            Nodes = nodes,
            DefaultNamespace = () => DefaultNamespace,
            RequiredNamespace = beneath is null ? null : Namespace,
            Exclude = Exclude,
            RenderedManifests = [.. Kustomizations.Select(k => ($"{Kubectl} {k}", Render(k)))],
        });
        if (loaded.DefaultedNamespaces > 0 && Namespace is null && DefaultNamespace is not "default" and var place)
            Console.Error.WriteLine($"note: {DiagnosticText.Count(loaded.DefaultedNamespaces, "object")} without a namespace {(loaded.DefaultedNamespaces == 1 ? "is" : "are")} in {place}, the namespace of the kubeconfig's context; -n names another one");
        return beneath?.Complete(loaded) ?? loaded;
    }

    private static string Render(string folder)
    {
        try
        {
            using var kubectl = Process.Start(new ProcessStartInfo("kubectl", ["kustomize", folder]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var error = kubectl.StandardError.ReadToEndAsync();
            var output = kubectl.StandardOutput.ReadToEnd();
            kubectl.WaitForExit();
            return kubectl.ExitCode == 0
                ? output
                : throw new CommandException($"-k {folder}: {Kubectl} {folder}: {error.GetAwaiter().GetResult().Trim()}");
        }
        catch (Win32Exception missing)
        {
            throw new CommandException($"-k {folder}: kubectl cannot be started ({missing.Message}): install it, or render elsewhere and give the result with -f");
        }
    }
}
