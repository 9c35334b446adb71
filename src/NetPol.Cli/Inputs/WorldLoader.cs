using NetPol.Cli.Output;
using NetPol.Kubernetes.Manifests;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;

namespace NetPol.Cli.Inputs;

/// <summary>Manifests in, a complete world out.</summary>
internal static class WorldLoader
{
    /// <summary>Loads and completes a world; what the loader has to say goes to standard error.</summary>
    /// <exception cref="CommandException">The files have errors.</exception>
    public static ClusterSnapshot Load(Manifests manifests, int? nodes = null)
    {
        using var progress = new ProgressLine();
        progress.Show("reading the files");
        var loaded = manifests.Read(nodes: nodes);
        progress.Clear();
        return Complete(loaded);
    }

    /// <summary>Completes a world; what the loader has to say goes to standard error.</summary>
    /// <exception cref="CommandException">
    /// The files have errors: a world that is half understood is not judged, since what was left out could be a denial. A cluster's objects
    /// are as they are, and judged as the controller judges them.
    /// </exception>
    public static ClusterSnapshot Complete(LoadedManifests loaded)
    {
        Tell(loaded.Diagnostics);
        return Budgets.Isolate(loaded.Complete());
    }

    /// <summary>Says what the loader has to say.</summary>
    /// <exception cref="CommandException">The files have errors.</exception>
    public static void Tell(IReadOnlyCollection<Diagnostic> diagnostics)
    {
        DiagnosticText.Write(Screen.Error(), diagnostics);
        var errors = diagnostics.Count(d => d.Severity == Severity.Error && d.Location is not { File: ClusterObjects.Origin, Line: 0 });
        if (errors > 0)
            throw new CommandException($"{DiagnosticText.Count(errors, "error")} in the files: nothing was done");
    }
}
