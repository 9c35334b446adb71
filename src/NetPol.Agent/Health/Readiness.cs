using System.Globalization;
using NetPol.Agent.Counters;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Status;
using NetPol.Netlink;

namespace NetPol.Agent.Health;

/// <summary>Decides whether this node enforces what a controller sends. Safe for any thread.</summary>
internal sealed class ReadinessCheck(AgentStatus state, CounterReader counters, AgentOptions options)
{
    /// <summary>What keeps the agent from being ready.</summary>
    internal enum NotReadyCause
    {
        /// <summary>The kernel has no rules of NetPol: every connection passes.</summary>
        NoRulesInKernel,

        /// <summary>The kernel has the rules of an earlier run; this run has received none.</summary>
        WaitingForFirstRules,

        /// <summary>The last update is not in force.</summary>
        UpdateRejected,

        /// <summary>Another program changed the table, and it is not repaired.</summary>
        ResyncFailed,

        /// <summary>The agent has followed no controller for longer than <see cref="AgentOptions.UnreadyAfter"/>.</summary>
        NoController,
    }

    /// <summary>Whether the kernel has rules of NetPol, of this run or an earlier one. False when the kernel cannot be read.</summary>
    public bool HasRules => state.Generation is not null || TableFault() is null;

    /// <returns>Why the agent is not ready; null when it is.</returns>
    public NotReady? Check()
    {
        if (state.Generation is null)
            return WithoutRules();
        if (state.UpdateError is { } refused)
            return new(NotReadyCause.UpdateRejected, $"the last update is not in force, the rules before it stay in place: {refused}");
        if (state.ResyncError is { } failure)
            return new(NotReadyCause.ResyncFailed, $"another program changed table inet netpol, and it is not repaired: {failure}");
        return state.DisconnectedFor is { } gone && gone.TotalMinutes >= options.UnreadyAfter
            ? new(NotReadyCause.NoController, string.Create(CultureInfo.InvariantCulture, $"no controller for {gone.TotalMinutes:0} minutes, the rules of that time stay in place{Why(state.ConnectionError)}"))
            : null;
    }

    private NotReady WithoutRules()
    {
        if (TableFault() is { } fault)
            return new(NotReadyCause.NoRulesInKernel, $"nothing is enforced on this node: {fault}, and no rules of a controller are in force yet{Why(state.UpdateError ?? state.ConnectionError)}");
        return state.UpdateError is { } refused
            ? new(NotReadyCause.UpdateRejected, $"the first rules are not in force, the rules of an earlier run stay in place: {refused}")
            : new(NotReadyCause.WaitingForFirstRules, $"waiting for the first rules of a controller, the rules of an earlier run stay in place{Why(state.ConnectionError)}");
    }

    /// <summary>Every table of NetPol has counters, whatever its rules are.</summary>
    private string? TableFault()
    {
        try
        {
            return counters.Read().Count > 0 ? null : "table inet netpol is missing";
        }
        catch (NetlinkException error)
        {
            return $"table inet netpol cannot be read: {error.Message}";
        }
    }

    private static string Why(string? failure) => failure is null ? "" : $": {failure}";

    /// <param name="Cause">Stays the same while only the words change.</param>
    /// <param name="Reason">One line, for people.</param>
    internal sealed record NotReady(NotReadyCause Cause, string Reason);
}

/// <summary>Logs that the agent is not ready, and why, when the cause changes; and that it is ready again.</summary>
internal sealed class ReadinessLogger(ReadinessCheck readiness, TimeProvider time, ILogger<ReadinessLogger> log) : BackgroundService
{
    /// <summary>How often readiness is checked.</summary>
    internal static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);

    private ReadinessCheck.NotReadyCause? _logged;
    private bool _isFirst = true;

    /// <summary>Checks once, and logs what has changed.</summary>
    public void LogChange()
    {
        var unready = readiness.Check();
        if (!_isFirst && unready?.Cause == _logged)
            return;
        if (unready is null)
            Log.Ready(log);
        else if (unready.Cause is ReadinessCheck.NotReadyCause.NoRulesInKernel)
            Log.NotReadyWithoutRules(log, unready.Reason);
        else
            Log.NotReady(log, unready.Reason);
        (_isFirst, _logged) = (false, unready?.Cause);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The kernel is asked: not in the thread that starts the other services.
        await Task.Yield();
        using var timer = new PeriodicTimer(CheckInterval, time);
        do
            LogChange();
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
