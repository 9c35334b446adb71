using NetPol.Compiler.Comparing;
using NetPol.Model;

namespace NetPol.Cli.Comparing;

/// <summary>What of a row or column is in one group.</summary>
/// <param name="Group">The place in <see cref="ClusterComparison.Groups"/>.</param>
/// <param name="Count">How many pods or nodes it is; 1 of addresses outside.</param>
/// <param name="Names">The names of the pods or nodes.</param>
/// <param name="Nodes">The nodes that run the pods, or that it is; once each.</param>
internal sealed record PageEndPart(int Group, int Count, ValueArray<string> Names, ValueArray<string> Nodes)
{
    /// <summary>Stands for the node of a pod that has none; no node can be called so.</summary>
    public const string NoNode = "";
}
