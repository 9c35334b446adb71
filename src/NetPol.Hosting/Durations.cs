namespace NetPol.Hosting;

/// <summary>How time is measured.</summary>
public static class Durations
{
    /// <summary>Bounds of histograms of seconds, from what a change costs to what nobody wants to wait.</summary>
    public static IReadOnlyList<double> Seconds { get; } = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
}
