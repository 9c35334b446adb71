namespace NetPol.Agent;

/// <summary>The meter of the agent's own metrics. <c>VerdictMeter</c> has another one.</summary>
internal static class AgentMetrics
{
    public const string MeterName = "NetPol.Agent";
}
