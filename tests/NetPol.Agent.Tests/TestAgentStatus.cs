using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using NetPol.Agent.Status;

namespace NetPol.Agent.Tests;

/// <summary>The status of an agent without a metrics listener.</summary>
internal static class TestAgentStatus
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public static AgentStatus New(TimeProvider? time = null) => new(Services.GetRequiredService<IMeterFactory>(), time ?? TimeProvider.System);
}
