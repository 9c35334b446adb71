namespace NetPol.Agent.Streaming;

/// <summary>Logs that the agent is not ready, and why, when the cause changes; and that it is ready again.</summary>
internal sealed class ReadinessReporter(Readiness readiness, TimeProvider time, ILogger<ReadinessReporter> log) : BackgroundService
{
    /// <summary>How often readiness is checked.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private Readiness.Cause? _logged;
    private bool _isFirst = true;

    /// <summary>Checks once, and logs what has changed.</summary>
    public void Look()
    {
        var unready = readiness.Look();
        if (!_isFirst && unready?.Cause == _logged)
            return;
        if (unready is null)
            Log.Ready(log);
        else if (unready.Cause is Readiness.Cause.NothingEnforced)
            Log.NotEnforcing(log, unready.Reason);
        else
            Log.NotReady(log, unready.Reason);
        (_isFirst, _logged) = (false, unready?.Cause);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The kernel is asked: not in the thread that starts the other services.
        await Task.Yield();
        using var timer = new PeriodicTimer(Period, time);
        do
            Look();
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
