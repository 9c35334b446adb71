using NetPol.Controller.Leading;
using NetPol.Controller.Rules;
using NetPol.Controller.Status;
using NetPol.Controller.Streaming;
using NetPol.Controller.Trust;
using NetPol.Controller.Watching;

namespace NetPol.Controller.State;

/// <summary>What the loopback port answers: health, readiness, and the state as JSON.</summary>
internal static class LocalEndpoints
{
    public static void Map(IEndpointRouteBuilder local)
    {
        local.MapGet("/healthz", () => Results.Text("ok\n"));
        local.MapGet("/readyz", (RuleBook book, CertificateKeeper keeper) =>
        {
            var missing = Missing(book, keeper).ToList();
            return missing.Count == 0 ? Results.Text("ok\n") : Results.Text($"waiting for {string.Join(" and ", missing)}\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        });
        local.MapGet("/state", (RuleBook book, AgentRegistry registry, ClusterInventory inventory, Leadership leadership, TimeProvider time) =>
            Results.Json(Reporting.Report(time.GetUtcNow(), leadership.Leads, book, registry, inventory)));
    }

    private static IEnumerable<string> Missing(RuleBook book, CertificateKeeper keeper)
    {
        if (!book.Filled.IsCompleted)
            yield return "the state of the cluster";
        if (keeper.Server is null)
            yield return "a certificate";
    }
}
