using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using NetPol.Controller.Metrics;

namespace NetPol.Controller.Tests;

/// <summary>A meter of a controller's work that nobody listens to.</summary>
internal static class TestMeter
{
    private static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public static WorkMeter New() => new(Meters);

    public static AccessMeter Access() => new(Meters);
}
