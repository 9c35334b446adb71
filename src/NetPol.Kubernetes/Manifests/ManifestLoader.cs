using System.IO.Enumeration;
using NetPol.Kubernetes.Objects;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Manifests;

/// <summary>Reads manifests as a person has them.</summary>
public static class ManifestLoader
{
    /// <summary>
    /// Reads files, folders with all their <c>.yaml</c>, <c>.yml</c> and <c>.json</c> files, and standard input. Bad input is never an
    /// exception: every fault is in the diagnostics.
    /// </summary>
    /// <param name="paths">Files, folders, or <c>-</c> for standard input.</param>
    /// <param name="stdin">Standard input; null when there is none to read from.</param>
    /// <param name="nodes">As in <see cref="LoadOptions.Nodes"/>.</param>
    /// <param name="beneath">The cluster that the files go on top of: an object of a file takes the place of the cluster's of that name.</param>
    public static LoadedManifests Load(IEnumerable<string> paths, TextReader? stdin, int? nodes = null, ClusterObjects? beneath = null) =>
        Load(paths, stdin, new LoadOptions { Nodes = nodes, BaseCluster = beneath });

    /// <summary>
    /// Reads files, folders with all their <c>.yaml</c>, <c>.yml</c> and <c>.json</c> files, and standard input. A file of a folder that is no manifest
    /// (values, a dashboard, a Helm template, a kustomization and its patches) is left out with a warning that names it. Bad input is never an exception.
    /// </summary>
    /// <param name="paths">Files, folders, or <c>-</c> for standard input.</param>
    /// <param name="stdin">Standard input; null when there is none to read from.</param>
    /// <param name="options">How they are read.</param>
    public static LoadedManifests Load(IEnumerable<string> paths, TextReader? stdin, LoadOptions options) => Load(paths, stdin, options, DocumentLimits.Default);

    /// <summary>
    /// Whether a file, or a folder with all that is in it, is passed over: a glob without a slash matches its name, one with a slash its path below the
    /// folder that was named. <c>*</c> stands for any characters, slashes too; <c>?</c> for one.
    /// </summary>
    /// <param name="globs">The globs.</param>
    /// <param name="path">The path below the folder that was named, with slashes.</param>
    public static bool IsExcluded(IEnumerable<string> globs, string path) => globs.Any(glob => glob.Contains('/', StringComparison.Ordinal)
        ? FileSystemName.MatchesSimpleExpression(glob.TrimEnd('/'), path, ignoreCase: false) || FileSystemName.MatchesSimpleExpression(glob.TrimEnd('/'), $"/{path}", ignoreCase: false)
        : FileSystemName.MatchesSimpleExpression(glob, Path.GetFileName(path), ignoreCase: false));

    internal static LoadedManifests Load(IEnumerable<string> paths, TextReader? stdin, LoadOptions options, DocumentLimits limits)
    {
        var diagnostics = new List<Diagnostic>();
        var manifests = new ManifestSet();
        var place = new NamespaceDefaulting(options);
        var inputs = new InputFiles(stdin, limits, options.Exclude, diagnostics).Read(paths).Concat(options.RenderedManifests.Select(r => new ManifestInput(r.Name, r.Text, IsFound: false))).ToList();
        var foreign = new NonManifestFiles(inputs, limits);
        foreach (var input in inputs)
        {
            var faults = new List<Diagnostic>();
            var documents = DocumentParser.Parse(input.File, input.Text, limits, faults).ToList();
            if (foreign.FindReason(input, documents, faults) is { } reason)
            {
                diagnostics.Add(input.IsFound
                    ? new("left-out", Severity.Warning, new(input.File, 0), Subject: "", Field: "", $"left out: {reason}")
                    : new("no-manifest", Severity.Error, new(input.File, 0), Subject: "", Field: "", $"this is no manifest: {reason}"));
                continue;
            }
            diagnostics.AddRange(faults);
            var reader = new ManifestReader(input.File, manifests, diagnostics, place);
            documents.ForEach(reader.Read);
        }
        options.BaseCluster?.AddTo(manifests, diagnostics);
        var snapshot = Assemble(manifests, options.Nodes);
        ManifestLinter.Check(manifests, snapshot, diagnostics);
        return new(
            snapshot,
            diagnostics.Where(d => !manifests.Suppressions.Covers(d)).OrderBy(d => d.Location).ToValueArray(),
            manifests.Skipped.ToValueArray(),
            manifests.Objects.ToValueArray())
        {
            Manifests = manifests,
            Services = manifests.Services.ToValueArray(),
            Endpoints = manifests.Endpoints.ToValueArray(),
            Nodes = options.Nodes,
            DefaultedNamespaces = place.DefaultedObjects,
        };
    }

    private static ClusterSnapshot Assemble(ManifestSet manifests, int? nodes)
    {
        var nodesOfPods = NodeInference.Infer(manifests);
        var nodeNames = ClusterDefaults.AllNodes(nodesOfPods, manifests.Pods.Select(p => p.Value.Pod), nodes).Select(n => n.Name).ToValueArray();
        var pods = WorkloadExpansion.Expand(
            manifests.Workloads.ConvertAll(w => w.Value),
            manifests.Pods.ConvertAll(p => new ExistingPod(p.Value.Pod, p.Header.Owners, p.Header.Location is { File: ClusterObjects.Origin, Line: 0 })),
            nodeNames);

        var namespaces = manifests.Namespaces.ConvertAll(n => n.Value);
        var known = namespaces.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        var implied = pods.Select(p => p.Id.Namespace)
            .Concat(manifests.Workloads.Select(w => w.Value.Id.Namespace))
            .Concat(manifests.Policies.Select(p => p.Value.Id.Namespace).Where(n => n.Length > 0));
        namespaces.AddRange(implied.Where(known.Add).Select(name => NamespaceReader.Create(name, Labels.None)));
        return ClusterSnapshot.Create(namespaces, pods, nodesOfPods, manifests.Policies.Select(p => p.Value));
    }
}

/// <summary>How manifests are read.</summary>
public sealed record LoadOptions
{
    /// <summary>How many nodes the cluster has at least: a DaemonSet has a pod on each. Null: those that are named, or two.</summary>
    public int? Nodes { get; init; }

    /// <summary>The cluster that the files go on top of: an object of a file takes the place of the cluster's of that name. Null: the files alone.</summary>
    public ClusterObjects? BaseCluster { get; init; }

    /// <summary>The namespace of objects that name none. It is asked for once, and only when there is such an object.</summary>
    public Func<string> DefaultNamespace { get; init; } = static () => "default";

    /// <summary>The only namespace that objects may name, as an apply with <c>-n</c> has it; null: any.</summary>
    public string? RequiredNamespace { get; init; }

    /// <summary>Which files and folders of a folder are passed over: see <see cref="ManifestLoader.IsExcluded"/>.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Manifests that another program wrote, each with the name that messages give it. They are read after the files.</summary>
    public IReadOnlyList<(string Name, string Text)> RenderedManifests { get; init; } = [];
}
