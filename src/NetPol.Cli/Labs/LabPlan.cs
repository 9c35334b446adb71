using NetPol.Cli.Inputs;
using NetPol.Cli.Matrices;
using NetPol.Compiler;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Cli.Labs;

/// <summary>What a lab is to do: the world, its rules, and the connections to try with the verdicts to expect.</summary>
internal sealed record LabPlan(ClusterSnapshot World, ValueArray<NodeRuleSet> RuleSets, Matrix Matrix)
{
    /// <exception cref="CommandException">The files have errors, or there is nothing to try.</exception>
    public static LabPlan Load(LabRequest request)
    {
        var world = WorldLoader.Load(request.Manifests, request.Nodes);
        Comparable.Require(world, "there is nothing to try");
        (world, var ruleSets) = CompileCheck.Compile(world, w => PolicyCompiler.Compile(w));
        return new(world, ruleSets, Matrix.Of(world, ruleSets, request.Ports, request.Addresses));
    }
}
