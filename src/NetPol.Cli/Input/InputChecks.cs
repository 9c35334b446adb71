using NetPol.Cli.Infrastructure;
using NetPol.Compiler;
using NetPol.Compiler.Budgets;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Cli.Input;

/// <summary>Says which namespaces a controller with default limits isolates because their NetworkPolicies cost too much.</summary>
internal static class NamespaceBudgets
{
    /// <summary>One error for each such namespace, by name.</summary>
    public static IEnumerable<Diagnostic> Check(ClusterSnapshot cluster) => BudgetCheck.FindExceeded(cluster, NamespaceBudget.Default).Select(ToDiagnostic);

    /// <summary>The world as a controller enforces it; which namespaces are isolated goes to standard error.</summary>
    public static ClusterSnapshot Isolate(ClusterSnapshot cluster)
    {
        var exceeded = BudgetCheck.FindExceeded(cluster, NamespaceBudget.Default);
        DiagnosticText.Write(Terminal.Error(), exceeded.Select(ToDiagnostic));
        return BudgetCheck.IsolateExceeded(cluster, exceeded);
    }

    private static Diagnostic ToDiagnostic(ExceededBudget budget) =>
        new("namespace-budget", Severity.Error, null, $"Namespace {budget.Namespace}", "", budget.Message);
}

/// <summary>Refuses input that leaves nothing to answer about: an answer that nothing was judged for would look like a good one.</summary>
internal static class InputRequirements
{
    private const int MostNames = 3;
    private const string AddPods = "add files with pods or workloads, or name a cluster with --kubeconfig or --context";

    /// <summary>Returns when there are policies, and pods that policies can select.</summary>
    /// <param name="cluster">A complete world.</param>
    /// <param name="undone">What the command does not do, such as <c>nothing was compared</c>.</param>
    /// <exception cref="CommandException">There are no policies or no such pods.</exception>
    public static void Require(ClusterSnapshot cluster, string undone) => Require([cluster], undone);

    /// <summary>As the other overload; it is enough that one of the worlds has policies, and one has pods.</summary>
    public static void Require(ClusterSnapshot[] clusters, string undone)
    {
        if (clusters.All(w => w.Pods.IsEmpty && w.Policies.IsEmpty))
            throw new CommandException($"there are no pods and no policies: {undone}; name files that have them, or a cluster with --kubeconfig or --context");
        RequirePods(clusters, undone);
        if (clusters.All(w => w.Policies.IsEmpty))
            throw new CommandException($"there are no policies, so every connection is allowed: {undone}; add files with policies");
    }

    /// <summary>Returns when there are pods that policies can select.</summary>
    /// <exception cref="CommandException">There are none.</exception>
    public static void RequirePods(ClusterSnapshot[] clusters, string undone)
    {
        if (clusters.Any(w => w.Pods.Any(p => p.IsSelectable)))
            return;
        var pods = clusters.SelectMany(w => w.Pods).DistinctBy(p => p.Id).ToList();
        var reasons = new[]
        {
            Reason(pods.Where(p => p is { HostNetwork: true, Finished: false }), "is on the host's network", "are on the host's network"),
            Reason(pods.Where(p => p.Finished), "has finished", "have finished"),
        };
        throw new CommandException(pods.Count == 0
            ? $"there are no pods: {undone}; {AddPods}"
            : $"there are no pods that policies select ({string.Join("; ", reasons.OfType<string>())}): {undone}; {AddPods}");
    }

    private static string? Reason(IEnumerable<Pod> pods, string one, string many)
    {
        var names = pods.Select(p => p.Id.ToString()).ToList();
        if (names.Count == 0)
            return null;
        var others = names.Count > MostNames ? $" and {DiagnosticText.Count(names.Count - MostNames, "other")}" : "";
        return $"{string.Join(", ", names.Take(MostNames))}{others} {(names.Count == 1 ? one : many)}";
    }
}

/// <summary>Says beforehand which policies a controller would isolate because they cannot be compiled.</summary>
internal static class CompileCheck
{
    /// <param name="cluster">The cluster, as a controller would see it.</param>
    /// <param name="inspect">As in <see cref="IncrementalCompiler"/>.</param>
    /// <returns>One error for each policy, by id; one about the whole where no isolation helps. Empty when everything compiles.</returns>
    public static ValueArray<Diagnostic> Check(ClusterSnapshot cluster, Action<Policy>? inspect = null) => ToDiagnostics(Compiler(cluster, inspect));

    /// <summary>
    /// Compiles the world as a controller enforces it. Where that fails, the policies at fault are isolated, and standard error says which.
    /// </summary>
    /// <param name="cluster">A complete world.</param>
    /// <param name="compile">Compiles it; throws where a policy cannot be compiled.</param>
    /// <param name="inspect">As in <see cref="IncrementalCompiler"/>.</param>
    /// <returns>The world that was compiled, and what it came to.</returns>
    /// <exception cref="CommandException">It cannot be compiled, whatever policies are isolated.</exception>
    public static (ClusterSnapshot Cluster, T Rules) Compile<T>(ClusterSnapshot cluster, Func<ClusterSnapshot, T> compile, Action<Policy>? inspect = null)
    {
        try
        {
            return (cluster, compile(cluster));
        }
        catch (Exception error) when (error is not (OutOfMemoryException or CommandException))
        {
            var compiler = Compiler(cluster, inspect);
            DiagnosticText.Write(Terminal.Error(), ToDiagnostics(compiler));
            if (compiler.Failure is not null)
                throw new CommandException("nothing was compiled");
            // What is no policy's fault is none that isolation could cure.
            if (compiler.IsolatedPolicies.Count == 0)
                throw;
            return (compiler.Cluster, compile(compiler.Cluster));
        }
    }

    private static IncrementalCompiler Compiler(ClusterSnapshot cluster, Action<Policy>? inspect)
    {
        var compiler = new IncrementalCompiler(inspect, NamespaceBudget.Default);
        compiler.Apply(ClusterChanges.FromEmptyTo(cluster));
        return compiler;
    }

    private static ValueArray<Diagnostic> ToDiagnostics(IncrementalCompiler compiler)
    {
        if (compiler.Failure is { } fault)
            return [new("cannot-be-compiled", Severity.Error, null, "", "", $"the cluster cannot be compiled, whatever policies are isolated: {fault.Message}: report this with the files")];
        return compiler.IsolatedPolicies.OrderBy(p => p.Key).Select(p => new Diagnostic(
            "cannot-be-compiled", Severity.Error, null, p.Key.ToString(), "",
            $"{p.Value.Reason}: a controller isolates it, so that it allows nothing; write it otherwise, and report this")).ToValueArray();
    }
}
