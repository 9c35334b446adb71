namespace NetPol.Agent.Infrastructure;

/// <summary>Everything that the agent logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Connected to controller {Controller}")]
    public static partial void Connected(ILogger logger, string controller);

    [LoggerMessage(30, LogLevel.Error, "Failed {Task}. The rules in the kernel stay in place; retrying. This is a bug in NetPol: report it")]
    public static partial void UnexpectedError(ILogger logger, string task, Exception error);

    [LoggerMessage(2, LogLevel.Warning, "No connection to controller {Controller}: {Failure}. The rules in the kernel stay in place, changes do not reach this node; retrying")]
    public static partial void Disconnected(ILogger logger, string controller, string failure);

    [LoggerMessage(3, LogLevel.Information, "Programmed generation {Generation}: {Operations} operations, {Milliseconds:F1} ms")]
    public static partial void RulesProgrammed(ILogger logger, ulong generation, int operations, double milliseconds);

    [LoggerMessage(4, LogLevel.Error, "Cannot program generation {Generation}: {Failure}. The rules before it stay in place; waiting for the controller's next update")]
    public static partial void UpdateRejected(ILogger logger, ulong generation, string failure);

    [LoggerMessage(5, LogLevel.Warning, "Cannot apply a difference to table inet netpol: {Failure}. Comparing the whole table with the rules")]
    public static partial void TableDrifted(ILogger logger, string failure);

    [LoggerMessage(6, LogLevel.Warning, "Cannot delete counters of removed decisions: {Failure}. No count is lost; retrying")]
    public static partial void CountersNotCollected(ILogger logger, string failure);

    [LoggerMessage(7, LogLevel.Warning, "{Author} changed table inet netpol. The agent restored it: {Operations} operations, {Milliseconds:F1} ms")]
    public static partial void TableResynced(ILogger logger, string author, int operations, double milliseconds);

    [LoggerMessage(8, LogLevel.Error, "Programs change table inet netpol again and again, the last one is {Author}: stop that program. The agent restores the table each time, with at most a tenth of a core, and does not log this again")]
    public static partial void TableContested(ILogger logger, string author);

    [LoggerMessage(9, LogLevel.Error, "{Author} changed table inet netpol, and the agent cannot restore it: {Failure}. Retrying")]
    public static partial void ResyncFailed(ILogger logger, string author, string failure);

    [LoggerMessage(10, LogLevel.Warning, "Cannot read log group {Group}: {Failure}. There are no flow records; enforcement continues; retrying")]
    public static partial void FlowLogUnreadable(ILogger logger, ushort group, string failure);

    [LoggerMessage(11, LogLevel.Error, "Cannot write flow records to {Path}: {Failure}. They are lost; trying again with the next ones")]
    public static partial void FlowFileNotWritten(ILogger logger, string path, string failure);

    [LoggerMessage(12, LogLevel.Information, "Removed {Connections} established connections that the rules now forbid, {Milliseconds:F1} ms")]
    public static partial void StaleConnectionsRemoved(ILogger logger, int connections, double milliseconds);

    [LoggerMessage(13, LogLevel.Error, "Cannot remove established connections that the rules now forbid: {Failure}. They continue; retrying")]
    public static partial void StaleConnectionsNotRemoved(ILogger logger, string failure);

    [LoggerMessage(14, LogLevel.Debug, "Ready to answer inspection requests about this node")]
    public static partial void InspectionReady(ILogger logger);

    [LoggerMessage(15, LogLevel.Warning, "Cannot read the counters for the controller: {Failure}. The controller keeps the last numbers; retrying")]
    public static partial void NodeStatsNotReported(ILogger logger, string failure);

    [LoggerMessage(24, LogLevel.Warning, "The agent removed more than {Flows} {Family} connections within {Minutes} minutes. For {Minutes} minutes from now, the kernel drops every TCP packet that neither begins nor belongs to a tracked connection; far ends of earlier removed connections of other protocols may begin again where the rules allow it. Find the policy that changes again and again")]
    public static partial void StaleConnectionOverflow(ILogger logger, int flows, string family, double minutes);

    [LoggerMessage(16, LogLevel.Warning, "Cannot change table inet netpol in place: {Failure}. Replacing the whole table")]
    public static partial void TableReplaced(ILogger logger, string failure);

    [LoggerMessage(36, LogLevel.Warning, "Another running program owns table inet netpol, so this agent cannot change it. Its rules stay in place. Stop the other agent of this node; waiting until it ends")]
    public static partial void TableForeign(ILogger logger);

    [LoggerMessage(37, LogLevel.Warning, "Cannot claim table inet netpol: {Failure}. Its rules stay in place, but other programs can change them; the first update of a controller claims it")]
    public static partial void TableNotClaimed(ILogger logger, string failure);

    [LoggerMessage(33, LogLevel.Error, "Pods on bridges are not covered: {Failure}. A pod can send under the address of another pod of its bridge")]
    public static partial void BridgesUnprotected(ILogger logger, string failure);

    [LoggerMessage(31, LogLevel.Warning, "Several ports of bridges claim {Addresses}. No port may send from these addresses until only one port claims them")]
    public static partial void AddressClaimedTwice(ILogger logger, string addresses);

    [LoggerMessage(32, LogLevel.Information, "Ports of bridges without an address of a ready pod: {Ports}. Their frames are dropped until the controller names the pod; --trusted-bridge-ports exempts ports that lead to no pod")]
    public static partial void UnknownBridgePorts(ILogger logger, string ports);

    [LoggerMessage(50, LogLevel.Warning, "Port {Port} refused or closed {Connections} connections since the last such line, the latest from {Address}: {Reason}. If that is no attack, check the clients at this address")]
    public static partial void ConnectionsRefused(ILogger logger, int port, int connections, System.Net.IPAddress address, string reason);

    [LoggerMessage(41, LogLevel.Warning, "The node has more addresses than the {Most} that the agent reports. On other nodes a Deny of nodes does not cover {Left} of them: remove addresses from the node, or deny them as networks")]
    public static partial void AddressesOmitted(ILogger logger, int most, int left);

    [LoggerMessage(17, LogLevel.Error, "No connection to controller {Controller}: {Failure}. Nothing is enforced on this node: table inet netpol is missing; retrying. Check that a controller is ready and that this node can reach it")]
    public static partial void NodeUnprotected(ILogger logger, string controller, string failure);

    [LoggerMessage(18, LogLevel.Error, "Not ready: {Reason}")]
    public static partial void NotReadyWithoutRules(ILogger logger, string reason);

    [LoggerMessage(19, LogLevel.Warning, "Not ready: {Reason}")]
    public static partial void NotReady(ILogger logger, string reason);

    [LoggerMessage(20, LogLevel.Information, "Ready: this node enforces what the controller sends")]
    public static partial void Ready(ILogger logger);

    [LoggerMessage(60, LogLevel.Debug, "The node's network: uplinks {Uplinks}; tunnels, closed to pods: {Tunnels}")]
    public static partial void HostNetwork(ILogger logger, string uplinks, string tunnels);

    [LoggerMessage(61, LogLevel.Warning, "Cannot read the node's links, routes and tunnels, or cannot write them to the table: {Failure}. The rules stay as they are for the earlier network: new uplinks are checked as pods' interfaces, and new tunnels are open to pods. Retrying every second")]
    public static partial void HostNetworkUnreadable(ILogger logger, string failure);
}

/// <summary>The meter of the agent's own metrics. <see cref="Metrics.VerdictMetrics"/> has another one.</summary>
internal static class AgentInstrumentation
{
    public const string MeterName = "NetPol.Agent";
}

/// <summary>Finds out whether an error is new, so that a lasting error is logged once. Not for use by two threads at once.</summary>
internal sealed class ErrorLogThrottle
{
    /// <summary>The current error; null if there is none.</summary>
    public string? Message { get; private set; }

    /// <returns>Whether to log it: the error before was another one, or there was none.</returns>
    public bool IsNew(string message)
    {
        var isNew = !string.Equals(message, Message, StringComparison.Ordinal);
        Message = message;
        return isNew;
    }

    public void Clear() => Message = null;
}

/// <summary>The pause after work that changes from outside can cause at any time: nine times as long as the work, so that it takes a tenth of a core at most.</summary>
internal static class DutyCycle
{
    private const int PauseFactor = 9;
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);

    public static TimeSpan PauseAfter(TimeSpan work) => work * PauseFactor < MaxPause ? work * PauseFactor : MaxPause;
}
