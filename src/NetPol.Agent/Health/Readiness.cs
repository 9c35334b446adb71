using System.Globalization;
using NetPol.Agent.Counters;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Status;
using NetPol.Netlink;

namespace NetPol.Agent.Health;

/// <summary>Decides whether this node enforces what a controller sends. Safe for any thread.</summary>
internal sealed class ReadinessCheck(AgentStatus state, CounterReader counters, AgentOptions options)
{
    /// <summary>Why the agent is not ready.</summary>
    internal enum NotReadyCause
    {
        /// <summary>The kernel has no rules of NetPol: every connection passes.</summary>
        NoRulesInKernel,

        /// <summary>The kernel has the rules of an earlier run; this run has received none.</summary>
        WaitingForFirstRules,

        /// <summary>The kernel or the agent refused the last update.</summary>
        UpdateRejected,

        /// <summary>Another program changed the table, and the agent could not restore it.</summary>
        ResyncFailed,

        /// <summary>The agent has had no controller for longer than <see cref="AgentOptions.UnreadyAfter"/>.</summary>
        NoController,
    }

    /// <summary>Whether the kernel has rules of NetPol, of this run or an earlier one. False if the kernel cannot be read.</summary>
    public bool HasRules => state.Generation is not null || TableFault() is null;

    /// <returns>Why the agent is not ready; null if it is.</returns>
    public NotReady? Check()
    {
        if (state.Generation is null)
            return WithoutRules();
        if (state.UpdateError is { } refused)
            return new(NotReadyCause.UpdateRejected, $"the last update is not programmed, the rules before it stay in place: {refused}");
        if (state.ResyncError is { } failure)
            return new(NotReadyCause.ResyncFailed, $"another program changed table inet netpol, and it is not repaired: {failure}");
        return state.DisconnectedFor is { } duration && duration.TotalMinutes >= options.UnreadyAfter
            ? new(NotReadyCause.NoController, string.Create(CultureInfo.InvariantCulture, $"no controller for {duration.TotalMinutes:0} minutes, the rules of that time stay in place{Why(state.ConnectionError)}"))
            : null;
    }

    private NotReady WithoutRules()
    {
        if (TableFault() is { } fault)
            return new(NotReadyCause.NoRulesInKernel, $"nothing is enforced on this node: {fault}, and no rules of a controller are programmed yet{Why(state.UpdateError ?? state.ConnectionError)}");
        return state.UpdateError is { } refused
            ? new(NotReadyCause.UpdateRejected, $"the first rules are not programmed, the rules of an earlier run stay in place: {refused}")
            : new(NotReadyCause.WaitingForFirstRules, $"waiting for the first rules of a controller, the rules of an earlier run stay in place{Why(state.ConnectionError)}");
    }

    /// <summary>Returns why the kernel has no rules; null if it has. Every table of NetPol has counters.</summary>
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

    /// <param name="Cause">Stays the same while only the text changes.</param>
    /// <param name="Reason">One line of text.</param>
    internal sealed record NotReady(NotReadyCause Cause, string Reason);
}

/// <summary>Logs each change of readiness, with the cause.</summary>
internal sealed class ReadinessLogger(ReadinessCheck readiness, TimeProvider time, ILogger<ReadinessLogger> log) : BackgroundService
{
    /// <summary>How often readiness is checked.</summary>
    internal static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);

    private ReadinessCheck.NotReadyCause? _logged;
    private bool _isFirst = true;

    /// <summary>Checks once, and logs a change.</summary>
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
        // A check reads the kernel, so it must not delay the start of the other services.
        await Task.Yield();
        using var timer = new PeriodicTimer(CheckInterval, time);
        do
            LogChange();
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
