using System.Globalization;
using NetPol.Agent.Counting;
using NetPol.Netlink;

namespace NetPol.Agent.Streaming;

/// <summary>Decides whether this node enforces what a controller sends. Safe for any thread.</summary>
internal sealed class Readiness(AgentState state, CounterReader counters, AgentOptions options)
{
    /// <summary>What keeps the agent from being ready.</summary>
    internal enum Cause
    {
        /// <summary>The kernel has no rules of NetPol: every connection passes.</summary>
        NothingEnforced,

        /// <summary>The kernel has the rules of an earlier run; this run has received none.</summary>
        NoRulesYet,

        /// <summary>The last update is not in force.</summary>
        UpdateRefused,

        /// <summary>Another program changed the table, and it is not repaired.</summary>
        NotRepaired,

        /// <summary>The agent has followed no controller for longer than <see cref="AgentOptions.UnreadyAfter"/>.</summary>
        NoController,
    }

    /// <summary>Whether the kernel has rules of NetPol, of this run or an earlier one. False when the kernel cannot be read.</summary>
    public bool IsEnforcing => state.Generation is not null || TableFault() is null;

    /// <returns>Why the agent is not ready; null when it is.</returns>
    public NotReady? Look()
    {
        if (state.Generation is null)
            return WithoutRules();
        if (state.Refused is { } refused)
            return new(Cause.UpdateRefused, $"the last update is not in force, the rules before it stay in place: {refused}");
        if (state.NotRepaired is { } trouble)
            return new(Cause.NotRepaired, $"another program changed table inet netpol, and it is not repaired: {trouble}");
        return state.DisconnectedFor is { } gone && gone.TotalMinutes >= options.UnreadyAfter
            ? new(Cause.NoController, string.Create(CultureInfo.InvariantCulture, $"no controller for {gone.TotalMinutes:0} minutes, the rules of that time stay in place{Why(state.Trouble)}"))
            : null;
    }

    private NotReady WithoutRules()
    {
        if (TableFault() is { } fault)
            return new(Cause.NothingEnforced, $"nothing is enforced on this node: {fault}, and no rules of a controller are in force yet{Why(state.Refused ?? state.Trouble)}");
        return state.Refused is { } refused
            ? new(Cause.UpdateRefused, $"the first rules are not in force, the rules of an earlier run stay in place: {refused}")
            : new(Cause.NoRulesYet, $"waiting for the first rules of a controller, the rules of an earlier run stay in place{Why(state.Trouble)}");
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

    private static string Why(string? trouble) => trouble is null ? "" : $": {trouble}";

    /// <param name="Cause">Stays the same while only the words change.</param>
    /// <param name="Reason">One line, for people.</param>
    internal sealed record NotReady(Cause Cause, string Reason);
}
