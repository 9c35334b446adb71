using NetPol.Cli.Infrastructure;
using NetPol.Compiler;
using NetPol.Compiler.Budgets;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Cli.Input;

/// <summary>Finds the namespaces that a controller with default limits isolates, because their NetworkPolicies exceed the budget.</summary>
internal static class NamespaceBudgets
{
    /// <summary>Returns one error for each such namespace, by name.</summary>
    public static IEnumerable<Diagnostic> Check(ClusterSnapshot cluster) => BudgetCheck.FindExceeded(cluster, NamespaceBudget.Default).Select(ToDiagnostic);

    /// <summary>Returns the cluster as a controller enforces it. Prints the isolated namespaces to standard error.</summary>
    public static ClusterSnapshot Isolate(ClusterSnapshot cluster)
    {
        var exceeded = BudgetCheck.FindExceeded(cluster, NamespaceBudget.Default);
        DiagnosticText.Write(Terminal.Error(), exceeded.Select(ToDiagnostic));
        return BudgetCheck.IsolateExceeded(cluster, exceeded);
    }

    private static Diagnostic ToDiagnostic(ExceededBudget budget) =>
        new("namespace-budget", Severity.Error, null, $"Namespace {budget.Namespace}", "", budget.Message);
}

/// <summary>Rejects input without anything to evaluate, because an empty result would look like a good one.</summary>
internal static class InputRequirements
{
    private const int MostNames = 3;
    private const string AddPods = "add files with pods or workloads, or name a cluster with --kubeconfig or --context";

    /// <summary>Checks that the cluster has policies, and pods that policies can select.</summary>
    /// <param name="cluster">A completed cluster.</param>
    /// <param name="undone">What the command then does not do, such as <c>nothing was compared</c>.</param>
    /// <param name="withFinished">Whether finished pods count that still have a node and an address. Policies apply to them.</param>
    /// <exception cref="CommandException">There are no policies or no such pods.</exception>
    public static void Require(ClusterSnapshot cluster, string undone, bool withFinished = true) => Require([cluster], undone, withFinished);

    /// <summary>Checks that at least one of the clusters has policies, and at least one has pods that policies can select.</summary>
    public static void Require(ClusterSnapshot[] clusters, string undone, bool withFinished = true)
    {
        if (clusters.All(w => w.Pods.IsEmpty && w.Policies.IsEmpty))
            throw new CommandException($"there are no pods and no policies: {undone}; name files that have them, or a cluster with --kubeconfig or --context");
        RequirePods(clusters, undone, withFinished);
        if (clusters.All(w => w.Policies.IsEmpty))
            throw new CommandException($"there are no policies, so every connection is allowed: {undone}; add files with policies");
    }

    /// <summary>Checks that there are pods that policies can select.</summary>
    /// <exception cref="CommandException">There are no such pods.</exception>
    public static void RequirePods(ClusterSnapshot[] clusters, string undone, bool withFinished = true)
    {
        // Where no pod is selectable, no pod has taken the address of a finished one.
        if (clusters.Any(w => w.Pods.Any(p => p.IsSelectable || (withFinished && p is { HostNetwork: false, Node: not null, Addresses.IsEmpty: false }))))
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

/// <summary>Finds the policies that a controller would isolate because it cannot compile them.</summary>
internal static class CompileCheck
{
    /// <param name="cluster">The cluster as a controller would see it.</param>
    /// <param name="inspect">As in <see cref="IncrementalCompiler"/>.</param>
    /// <returns>One error for each policy, by id; one error in total if isolating policies does not help. Empty when everything compiles.</returns>
    public static ValueArray<Diagnostic> Check(ClusterSnapshot cluster, Action<Policy>? inspect = null) => ToDiagnostics(Compiler(cluster, inspect));

    /// <summary>Compiles the cluster as a controller enforces it. Isolates policies that cannot be compiled, and prints them to standard error.</summary>
    /// <param name="cluster">A completed cluster.</param>
    /// <param name="compile">Compiles it; throws if a policy cannot be compiled.</param>
    /// <param name="inspect">As in <see cref="IncrementalCompiler"/>.</param>
    /// <returns>The compiled cluster and the result.</returns>
    /// <exception cref="CommandException">Compilation fails even with policies isolated.</exception>
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
            // Without a policy at fault, isolating policies cannot help.
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
            return [new("cannot-be-compiled", Severity.Error, null, "", "", $"the cluster cannot be compiled, even with policies isolated: {fault.Message}: report this with the files")];
        return compiler.IsolatedPolicies.OrderBy(p => p.Key).Select(p => new Diagnostic(
            "cannot-be-compiled", Severity.Error, null, p.Key.ToString(), "",
            $"{p.Value.Reason}: a controller isolates it, so that it allows nothing; rewrite it, and report this")).ToValueArray();
    }
}
