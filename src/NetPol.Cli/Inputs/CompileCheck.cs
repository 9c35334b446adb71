using NetPol.Compiler;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Cli.Inputs;

/// <summary>Says beforehand which policies a controller would isolate because they cannot be compiled.</summary>
internal static class CompileCheck
{
    /// <param name="world">The cluster, as a controller would see it.</param>
    /// <param name="inspect">As in <see cref="IncrementalCompiler"/>.</param>
    /// <returns>One error for each policy, by id; one about the whole where no isolation helps. Empty when everything compiles.</returns>
    public static ValueArray<Diagnostic> Of(ClusterSnapshot world, Action<Policy>? inspect = null)
    {
        var compiler = new IncrementalCompiler(inspect, NamespaceBudget.Default);
        compiler.Apply(ClusterChanges.ToGetTo(world));
        if (compiler.Fault is { } fault)
            return [new("cannot-be-compiled", Severity.Error, null, "", "", $"the cluster cannot be compiled, whatever policies are isolated: {fault.Message}: report this with the files")];
        return compiler.Isolated.OrderBy(p => p.Key).Select(p => new Diagnostic(
            "cannot-be-compiled", Severity.Error, null, p.Key.ToString(), "",
            $"{p.Value.Reason}: a controller isolates it, so that it allows nothing; write it otherwise, and report this")).ToValueArray();
    }
}
