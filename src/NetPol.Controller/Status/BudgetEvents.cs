using k8s;
using k8s.Autorest;
using NetPol.Compiler;
using NetPol.Controller.Metrics;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Watching;
using NetPol.Model.Policies;

namespace NetPol.Controller.Status;

/// <summary>Writes an event about the first NetworkPolicy of each namespace that exceeds its budget, once for each limit and node that it exceeds.</summary>
internal sealed class BudgetEvents(IKubernetes kubernetes, ControllerOptions options, WorkMeter meter, ILogger log)
{
    private readonly HashSet<ExceededBudget> _told = [];

    /// <param name="exceeded">The namespaces that exceed their budgets now.</param>
    /// <param name="policies">Every policy, by id.</param>
    /// <param name="now">When.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task TellAsync(IEnumerable<ExceededBudget> exceeded, IReadOnlyList<WatchedPolicy> policies, DateTimeOffset now, CancellationToken cancel)
    {
        var there = exceeded.ToList();
        _told.IntersectWith(there);
        foreach (var budget in there.Where(b => !_told.Contains(b)))
        {
            var first = policies.FirstOrDefault(p => p.Policy.Id.Kind == PolicyKind.NetworkPolicy && string.Equals(p.Policy.Id.Namespace, budget.Namespace, StringComparison.Ordinal));
            if (first is null)
                continue;
            try
            {
                await kubernetes.CoreV1.CreateNamespacedEventAsync(
                    PolicyEvent.Warning(first, "BudgetExceeded", budget.Message, options.Name, now), budget.Namespace, cancellationToken: cancel);
                meter.Written("event");
                _told.Add(budget);
            }
            catch (HttpOperationException refused)
            {
                // Of this namespace alone: the others are told, and it is tried again the next time.
                Log.Retrying(log, $"the event about the budget of namespace {budget.Namespace}", ApiTrouble.Words(refused));
            }
        }
    }
}
