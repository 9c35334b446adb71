using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using NetPol.Agent.Streaming;

namespace NetPol.Agent.Tests;

/// <summary>The state of an agent that nobody measures.</summary>
internal static class TestState
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public static AgentState New(TimeProvider? time = null) => new(Services.GetRequiredService<IMeterFactory>(), time ?? TimeProvider.System);
}
