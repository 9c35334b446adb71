using NetPol.Cli.Output;
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
    public static ValueArray<Diagnostic> Of(ClusterSnapshot world, Action<Policy>? inspect = null) => Told(Compiler(world, inspect));

    /// <summary>
    /// Compiles the world as a controller enforces it. Where that fails, the policies at fault are isolated, and standard error says which.
    /// </summary>
    /// <param name="world">A complete world.</param>
    /// <param name="compile">Compiles it; throws where a policy cannot be compiled.</param>
    /// <param name="inspect">As in <see cref="IncrementalCompiler"/>.</param>
    /// <returns>The world that was compiled, and what it came to.</returns>
    /// <exception cref="CommandException">It cannot be compiled, whatever policies are isolated.</exception>
    public static (ClusterSnapshot World, T Rules) Compile<T>(ClusterSnapshot world, Func<ClusterSnapshot, T> compile, Action<Policy>? inspect = null)
    {
        try
        {
            return (world, compile(world));
        }
        catch (Exception error) when (error is not (OutOfMemoryException or CommandException))
        {
            var compiler = Compiler(world, inspect);
            DiagnosticText.Write(Screen.Error(), Told(compiler));
            if (compiler.Fault is not null)
                throw new CommandException("nothing was compiled");
            // What is no policy's fault is none that isolation could cure.
            if (compiler.Isolated.Count == 0)
                throw;
            return (compiler.Cluster, compile(compiler.Cluster));
        }
    }

    private static IncrementalCompiler Compiler(ClusterSnapshot world, Action<Policy>? inspect)
    {
        var compiler = new IncrementalCompiler(inspect, NamespaceBudget.Default);
        compiler.Apply(ClusterChanges.ToGetTo(world));
        return compiler;
    }

    private static ValueArray<Diagnostic> Told(IncrementalCompiler compiler)
    {
        if (compiler.Fault is { } fault)
            return [new("cannot-be-compiled", Severity.Error, null, "", "", $"the cluster cannot be compiled, whatever policies are isolated: {fault.Message}: report this with the files")];
        return compiler.Isolated.OrderBy(p => p.Key).Select(p => new Diagnostic(
            "cannot-be-compiled", Severity.Error, null, p.Key.ToString(), "",
            $"{p.Value.Reason}: a controller isolates it, so that it allows nothing; write it otherwise, and report this")).ToValueArray();
    }
}
