using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using NetPol.Controller.Metrics;

namespace NetPol.Controller.Tests;

/// <summary>A meter of a controller's work without a listener.</summary>
internal static class TestControllerMetrics
{
    private static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public static ControllerMetrics New() => new(Meters);

    public static AccessMetrics Access() => new(Meters);
}
