using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using NetPol.Agent.Bridges;
using NetPol.Agent.Status;

namespace NetPol.Agent.Health;

/// <summary>What the loopback port answers: <c>/healthz</c>, <c>/readyz</c>, and <c>/state</c> as JSON.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder local)
    {
        local.MapGet("/healthz", () => Results.Text("ok\n"));
        local.MapGet("/readyz", (ReadinessCheck readiness) => readiness.Check() is { } unready
            ? Results.Text($"{unready.Reason}\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("ok\n"));
        local.MapGet("/state", (AgentStatus state, ReadinessCheck readiness, BridgeCoverage bridges) =>
            Results.Json(state.CreateReport() with { Bridges = bridges.Description, NotReadyReason = readiness.Check()?.Reason }, HealthJsonContext.Web.AgentStatusReport));
    }
}

/// <summary>The JSON of the loopback port, written by code made at build time: a program compiled ahead of time has no reflection to write it with.</summary>
[JsonSerializable(typeof(AgentStatusReport))]
internal sealed partial class HealthJsonContext : JsonSerializerContext
{
    /// <summary>As ASP.NET writes JSON: names in camel case, and nothing escaped that only HTML would need escaped.</summary>
    public static HealthJsonContext Web { get; } = new(new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
