namespace NetPol.Agent.Infrastructure;

/// <summary>Everything that the agent logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "follows {Controller}")]
    public static partial void Connected(ILogger logger, string controller);

    [LoggerMessage(30, LogLevel.Error, "failed {Task}; what is enforced stays, and it is tried again. This is a fault of NetPol: report it")]
    public static partial void UnexpectedError(ILogger logger, string task, Exception error);

    [LoggerMessage(2, LogLevel.Warning, "no connection to controller {Controller}: {Failure}. The rules in the kernel stay in place, changes do not reach this node; retrying")]
    public static partial void Disconnected(ILogger logger, string controller, string failure);

    [LoggerMessage(3, LogLevel.Information, "generation {Generation} is in force: {Operations} operations, {Milliseconds:F1} ms")]
    public static partial void RulesProgrammed(ILogger logger, ulong generation, int operations, double milliseconds);

    [LoggerMessage(4, LogLevel.Error, "generation {Generation} is not in force, the one before stays: {Failure}")]
    public static partial void UpdateRejected(ILogger logger, ulong generation, string failure);

    [LoggerMessage(5, LogLevel.Warning, "the table is not as it was left, so all of it is compared: {Failure}")]
    public static partial void TableDrifted(ILogger logger, string failure);

    [LoggerMessage(6, LogLevel.Warning, "counters of gone decisions stay for now, no count is lost: {Failure}")]
    public static partial void CountersNotCollected(ILogger logger, string failure);

    [LoggerMessage(7, LogLevel.Warning, "{Author} changed table inet netpol; {Operations} operations put it right, {Milliseconds:F1} ms")]
    public static partial void TableResynced(ILogger logger, string author, int operations, double milliseconds);

    [LoggerMessage(8, LogLevel.Error, "table inet netpol is changed again and again, last by {Author}: find out who does it; it is put right each time, at the cost of a tenth of a core at most, and this is not told again")]
    public static partial void TableContested(ILogger logger, string author);

    [LoggerMessage(9, LogLevel.Error, "{Author} changed table inet netpol, and it is not put right yet: {Failure}")]
    public static partial void ResyncFailed(ILogger logger, string author, string failure);

    [LoggerMessage(10, LogLevel.Warning, "flow records are not made, log group {Group} cannot be read: {Failure}; what is enforced is not touched by that")]
    public static partial void FlowLogUnreadable(ILogger logger, ushort group, string failure);

    [LoggerMessage(11, LogLevel.Error, "flow records are lost, {Path} cannot be written: {Failure}")]
    public static partial void FlowFileNotWritten(ILogger logger, string path, string failure);

    [LoggerMessage(12, LogLevel.Information, "{Connections} established connections that the rules forbid now were cut, {Milliseconds:F1} ms")]
    public static partial void StaleConnectionsRemoved(ILogger logger, int connections, double milliseconds);

    [LoggerMessage(13, LogLevel.Error, "established connections that the rules forbid now are not cut yet: {Failure}")]
    public static partial void StaleConnectionsNotRemoved(ILogger logger, string failure);

    [LoggerMessage(14, LogLevel.Debug, "answers what observers ask about this node")]
    public static partial void InspectionReady(ILogger logger);

    [LoggerMessage(15, LogLevel.Warning, "the controller is not told what was counted, it is tried again: {Failure}")]
    public static partial void NodeStatsNotReported(ILogger logger, string failure);

    [LoggerMessage(24, LogLevel.Warning, "more than {Flows} {Family} connections were cut within {Minutes} minutes. For {Minutes} minutes from now, the kernel drops every TCP packet that neither begins nor belongs to a tracked connection; far ends of other protocols that were cut earlier may begin again where the rules allow it. Find out whose policy changes again and again")]
    public static partial void StaleConnectionOverflow(ILogger logger, int flows, string family, double minutes);

    [LoggerMessage(16, LogLevel.Warning, "table inet netpol cannot be changed into what it should be, so all of it is replaced: {Failure}")]
    public static partial void TableReplaced(ILogger logger, string failure);

    [LoggerMessage(36, LogLevel.Warning, "Another running program owns table inet netpol, so this agent cannot change it. Its rules stay in place. Stop the other agent of this node; waiting until it ends")]
    public static partial void TableForeign(ILogger logger);

    [LoggerMessage(30, LogLevel.Error, "Pods on bridges are not covered: {Failure}. A pod can send under the address of another pod of its bridge")]
    public static partial void BridgesUnprotected(ILogger logger, string failure);

    [LoggerMessage(31, LogLevel.Warning, "Several ports of bridges claim {Addresses}: no port may send from there until one claim is left")]
    public static partial void AddressClaimedTwice(ILogger logger, string addresses);

    [LoggerMessage(32, LogLevel.Information, "Ports of bridges without an address of a known pod: {Ports}. Their frames are dropped until the controller names the pod; --trusted-bridge-ports exempts ports that lead to no pod")]
    public static partial void UnknownBridgePorts(ILogger logger, string ports);

    [LoggerMessage(50, LogLevel.Warning, "port {Port} refused or closed {Connections} connections since the last such line, the latest from {Address}: {Reason}; if that is no attack, look at the callers at this address")]
    public static partial void ConnectionsRefused(ILogger logger, int port, int connections, System.Net.IPAddress address, string reason);

    [LoggerMessage(41, LogLevel.Warning, "the node has more addresses than the {Most} that are reported; a Deny of nodes does not cover {Left} of them on other nodes: take addresses from the node, or deny them as networks")]
    public static partial void AddressesOmitted(ILogger logger, int most, int left);

    [LoggerMessage(17, LogLevel.Error, "no connection to controller {Controller}: {Failure}. Nothing is enforced on this node: table inet netpol is missing; retrying. Check that a controller is ready and that this node can reach it")]
    public static partial void NodeUnprotected(ILogger logger, string controller, string failure);

    [LoggerMessage(18, LogLevel.Error, "not ready: {Reason}")]
    public static partial void NotReadyWithoutRules(ILogger logger, string reason);

    [LoggerMessage(19, LogLevel.Warning, "not ready: {Reason}")]
    public static partial void NotReady(ILogger logger, string reason);

    [LoggerMessage(20, LogLevel.Information, "ready: this node enforces what the controller sends")]
    public static partial void Ready(ILogger logger);

    [LoggerMessage(60, LogLevel.Debug, "the node's network: uplinks {Uplinks}; tunnels, closed to pods: {Tunnels}")]
    public static partial void HostNetwork(ILogger logger, string uplinks, string tunnels);

    [LoggerMessage(61, LogLevel.Warning, "cannot read the node's links, routes and tunnels, or cannot put them into the table: {Failure}; the rules stay as they were for the network of before, new uplinks are judged as pods' interfaces and new tunnels are open to pods; retrying every second")]
    public static partial void HostNetworkUnreadable(ILogger logger, string failure);
}

/// <summary>The meter of the agent's own metrics. <c>VerdictMeter</c> has another one.</summary>
internal static class AgentInstrumentation
{
    public const string MeterName = "NetPol.Agent";
}

/// <summary>A trouble that lasts is told once, until it is another one or over. Not for use by two threads at once.</summary>
internal sealed class ErrorLogThrottle
{
    /// <summary>Null when there is none.</summary>
    public string? Message { get; private set; }

    /// <returns>Whether it is to be told.</returns>
    public bool IsNew(string message)
    {
        var isNew = !string.Equals(message, Message, StringComparison.Ordinal);
        Message = message;
        return isNew;
    }

    public void Clear() => Message = null;
}

/// <summary>How long those rest who work whenever something happens: nine times as long as the work took, so that it costs a tenth of a core and no more.</summary>
internal static class DutyCycle
{
    private const int PauseFactor = 9;
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);

    public static TimeSpan PauseAfter(TimeSpan work) => work * PauseFactor < MaxPause ? work * PauseFactor : MaxPause;
}
