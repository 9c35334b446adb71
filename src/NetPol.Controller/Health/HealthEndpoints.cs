using NetPol.Controller.Leadership;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Security;
using NetPol.Controller.Status;
using NetPol.Controller.Sync;
using NetPol.Controller.Watch;

namespace NetPol.Controller.Health;

/// <summary>The endpoints of the loopback port: health, readiness, and the state as JSON.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder local)
    {
        local.MapGet("/healthz", () => Results.Text("ok\n"));
        local.MapGet("/readyz", (RuleSetStore store, CertificateManager manager) =>
        {
            var missing = Missing(store, manager).ToList();
            return missing.Count == 0 ? Results.Text("ok\n") : Results.Text($"waiting for {string.Join(" and ", missing)}\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        });
        local.MapGet("/state", (RuleSetStore store, AgentRegistry registry, ClusterInventory inventory, LeaderElectionService leadership, TimeProvider time) =>
            Results.Json(ReplicaReportBuilder.Build(time.GetUtcNow(), leadership.IsLeader, store, registry, inventory)));
    }

    private static IEnumerable<string> Missing(RuleSetStore store, CertificateManager manager)
    {
        if (!store.InitialSync.IsCompleted)
            yield return "the state of the cluster";
        if (manager.Server is null)
            yield return "a certificate";
    }
}
