using NetPol.Controller.Rules;
using NetPol.Controller.Streaming;
using NetPol.Controller.Trust;

namespace NetPol.Controller.State;

/// <summary>What the loopback port answers: health, readiness, and the state as JSON.</summary>
internal static class LocalEndpoints
{
    public static void Map(WebApplication app, ControllerOptions options)
    {
        var local = app.MapGroup("").RequireHost($"*:{options.LocalPort}");
        local.MapGet("/healthz", () => Results.Text("ok\n"));
        local.MapGet("/readyz", (RuleBook book, CertificateKeeper keeper) =>
        {
            var missing = Missing(book, keeper).ToList();
            return missing.Count == 0 ? Results.Text("ok\n") : Results.Text($"waiting for {string.Join(" and ", missing)}\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        });
        local.MapGet("/state", (RuleBook book, AgentRegistry registry) => Results.Json(new { revision = book.Revision, agents = registry.States }));
    }

    private static IEnumerable<string> Missing(RuleBook book, CertificateKeeper keeper)
    {
        if (!book.Filled.IsCompleted)
            yield return "the state of the cluster";
        if (keeper.Server is null)
            yield return "a certificate";
    }
}
