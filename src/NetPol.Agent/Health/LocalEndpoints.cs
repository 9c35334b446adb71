using NetPol.Agent.Bridging;
using NetPol.Agent.Streaming;

namespace NetPol.Agent.Health;

/// <summary>What the loopback port answers: <c>/healthz</c>, <c>/readyz</c>, and <c>/state</c> as JSON.</summary>
internal static class LocalEndpoints
{
    public static void Map(IEndpointRouteBuilder local)
    {
        local.MapGet("/healthz", () => Results.Text("ok\n"));
        local.MapGet("/readyz", (AgentState state) => state.IsReady
            ? Results.Text("ok\n")
            : Results.Text("waiting for the first rules\n", statusCode: StatusCodes.Status503ServiceUnavailable));
        local.MapGet("/state", (AgentState state, BridgeCoverage bridges) => Results.Json(state.Describe() with { Bridges = bridges.Description }, LocalJson.Web.AgentDescription));
    }
}
