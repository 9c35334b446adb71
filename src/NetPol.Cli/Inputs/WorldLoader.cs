using NetPol.Cli.Output;
using NetPol.Kubernetes;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;

namespace NetPol.Cli.Inputs;

/// <summary>Files in, a complete world out.</summary>
internal static class WorldLoader
{
    /// <summary>Loads the files without judging them.</summary>
    public static LoadedManifests Read(IReadOnlyList<string> paths) =>
        ManifestLoader.Load(paths, paths.Contains("-", StringComparer.Ordinal) ? Console.In : null);

    /// <summary>Loads and completes a world; what the loader has to say goes to standard error.</summary>
    /// <exception cref="CommandException">The files have errors. A world that is half understood is not judged: what was left out could be a denial.</exception>
    public static ClusterSnapshot Load(IReadOnlyList<string> paths, int? nodes = null)
    {
        using var progress = new ProgressLine();
        progress.Show("reading the files");
        var loaded = Read(paths);
        progress.Clear();
        DiagnosticText.Write(Screen.Error(), loaded.Diagnostics);
        var errors = loaded.Diagnostics.Count(d => d.Severity == Severity.Error);
        return errors == 0
            ? WorldCompletion.Complete(loaded.Snapshot, nodes)
            : throw new CommandException($"{DiagnosticText.Count(errors, "error")} in the files: nothing was done", ExitCode.Failure);
    }
}
