using NetPol.Cli.Output;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;

namespace NetPol.Cli.Inputs;

/// <summary>Says which namespaces a controller with default limits isolates because their NetworkPolicies cost too much.</summary>
internal static class Budgets
{
    /// <summary>One error for each such namespace, by name.</summary>
    public static IEnumerable<Diagnostic> Check(ClusterSnapshot world) => BudgetCheck.Find(world, NamespaceBudget.Default).Select(Told);

    /// <summary>The world as a controller enforces it; which namespaces are isolated goes to standard error.</summary>
    public static ClusterSnapshot Isolate(ClusterSnapshot world)
    {
        var exceeded = BudgetCheck.Find(world, NamespaceBudget.Default);
        DiagnosticText.Write(Screen.Error(), exceeded.Select(Told));
        return BudgetCheck.Isolate(world, exceeded);
    }

    private static Diagnostic Told(ExceededBudget budget) =>
        new("namespace-budget", Severity.Error, null, $"Namespace {budget.Namespace}", "", budget.Message);
}
