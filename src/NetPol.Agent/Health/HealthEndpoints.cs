using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using NetPol.Agent.Bridges;
using NetPol.Agent.Status;

namespace NetPol.Agent.Health;

/// <summary>Serves the loopback port: <c>/healthz</c>, <c>/readyz</c>, and <c>/state</c> as JSON.</summary>
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

/// <summary>Writes the JSON of the loopback port with code generated at build time, because a program compiled ahead of time has no reflection.</summary>
[JsonSerializable(typeof(AgentStatusReport))]
internal sealed partial class HealthJsonContext : JsonSerializerContext
{
    /// <summary>JSON as ASP.NET writes it: names in camel case, without the escapes that only HTML needs.</summary>
    public static HealthJsonContext Web { get; } = new(new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
