using NetPol.Agent.Bridging;
using NetPol.Agent.Streaming;

namespace NetPol.Agent.Health;

/// <summary>What the loopback port answers: <c>/healthz</c>, <c>/readyz</c>, and <c>/state</c> as JSON.</summary>
internal static class LocalEndpoints
{
    public static void Map(IEndpointRouteBuilder local)
    {
        local.MapGet("/healthz", () => Results.Text("ok\n"));
        local.MapGet("/readyz", (Readiness readiness) => readiness.Look() is { } unready
            ? Results.Text($"{unready.Reason}\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("ok\n"));
        local.MapGet("/state", (AgentState state, Readiness readiness, BridgeCoverage bridges) =>
            Results.Json(state.Describe() with { Bridges = bridges.Description, NotReady = readiness.Look()?.Reason }, LocalJson.Web.AgentDescription));
    }
}
