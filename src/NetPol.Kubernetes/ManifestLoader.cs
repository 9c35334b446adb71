using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Lowering;
using NetPol.Kubernetes.Workloads;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes;

/// <summary>Reads manifests as a person has them.</summary>
public static class ManifestLoader
{
    /// <summary>
    /// Reads files, folders with all their <c>.yaml</c>, <c>.yml</c> and <c>.json</c> files, and standard input. Bad input is never an
    /// exception: every fault is in the diagnostics.
    /// </summary>
    /// <param name="paths">Files, folders, or <c>-</c> for standard input.</param>
    /// <param name="stdin">Standard input; null when there is none to read from.</param>
    /// <param name="nodes">How many nodes <see cref="WorldCompletion.Complete"/> will be asked for: a DaemonSet has a pod on each.</param>
    /// <param name="beneath">The cluster that the files go on top of: an object of a file takes the place of the cluster's of that name.</param>
    public static LoadedManifests Load(IEnumerable<string> paths, TextReader? stdin, int? nodes = null, ClusterObjects? beneath = null) =>
        Load(paths, stdin, nodes, DocumentLimits.Default, beneath);

    internal static LoadedManifests Load(IEnumerable<string> paths, TextReader? stdin, int? nodes, DocumentLimits limits, ClusterObjects? beneath = null)
    {
        var diagnostics = new List<Diagnostic>();
        var world = new WrittenWorld();
        foreach (var (file, text) in new InputFiles(stdin, limits, diagnostics).Read(paths))
        {
            var reader = new ObjectReader(file, world, diagnostics);
            foreach (var document in InputText.Documents(file, text, limits, diagnostics))
                reader.Read(document);
        }
        beneath?.AddTo(world, diagnostics);
        var snapshot = Assemble(world, nodes);
        WorldLint.Check(world, snapshot, diagnostics);
        return new(
            snapshot,
            diagnostics.Where(d => !world.Suppressions.Covers(d)).OrderBy(d => d.Location).ToValueArray(),
            world.PassedOver.ToValueArray(),
            world.Objects.ToValueArray())
        {
            Written = world,
            Services = world.Services.ToValueArray(),
            Endpoints = world.Endpoints.ToValueArray(),
        };
    }

    private static ClusterSnapshot Assemble(WrittenWorld world, int? nodes)
    {
        var nodesOfPods = HostNodes.Of(world);
        var written = ClusterSnapshot.Create([], world.Pods.Select(p => p.Value), nodesOfPods, []);
        var nodeNames = WorldCompletion.Complete(written, nodes).Nodes.Select(n => n.Name).ToValueArray();
        var pods = WorkloadExpansion.Expand(
            world.Workloads.ConvertAll(w => w.Value),
            world.Pods.ConvertAll(p => new GivenPod(p.Value, p.Header.Owners, p.Header.Location is { File: ClusterObjects.Origin, Line: 0 })),
            nodeNames);

        var namespaces = world.Namespaces.ConvertAll(n => n.Value);
        var known = namespaces.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        var implied = pods.Select(p => p.Id.Namespace)
            .Concat(world.Workloads.Select(w => w.Value.Id.Namespace))
            .Concat(world.Policies.Select(p => p.Value.Id.Namespace).Where(n => n.Length > 0));
        namespaces.AddRange(implied.Where(known.Add).Select(name => ClusterLowering.Named(name, Labels.None)));
        return ClusterSnapshot.Create(namespaces, pods, nodesOfPods, world.Policies.Select(p => p.Value));
    }
}
