using NetPol.Cli.Inputs;
using NetPol.Cli.Matrices;
using NetPol.Cli.Services;
using NetPol.Compiler;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Cli.Labs;

/// <summary>What a lab is to do: the world, its rules, and the connections to try with the verdicts to expect.</summary>
internal sealed record LabPlan(ClusterSnapshot World, ValueArray<NodeRuleSet> RuleSets, Matrix Matrix)
{
    /// <summary>The entries of the matrix to try. What a pod sends to its own address never leaves the pod, also not through a Service.</summary>
    public IReadOnlyList<MatrixEntry> Entries { get; } = [.. Matrix.Entries.Where(e => e.Connection.Source != e.Connection.Destination)];

    /// <exception cref="CommandException">The files have errors, or there is nothing to try.</exception>
    public static async Task<LabPlan> LoadAsync(LabRequest request, CancellationToken cancel)
    {
        var loaded = request.Manifests.Read(nodes: request.Nodes);
        var world = WorldLoader.Complete(loaded);
        Comparable.Require(world, "there is nothing to try");
        var services = await ServiceColumns.ReadAsync(request.Addresses, request.Ports, loaded, world, new(request.Manifests, null), cancel);
        (world, var ruleSets) = CompileCheck.Compile(world, w => PolicyCompiler.Compile(w));
        return new(world, ruleSets, Matrix.Of(world, ruleSets, request.Ports, request.Addresses, services));
    }
}
