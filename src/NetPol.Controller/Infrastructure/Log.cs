namespace NetPol.Controller.Infrastructure;

/// <summary>Everything that the controller logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "The agent of node {Node} connected ({Agent})")]
    public static partial void Connected(ILogger logger, string node, string agent);

    [LoggerMessage(2, LogLevel.Information, "The agent of node {Node} disconnected")]
    public static partial void Disconnected(ILogger logger, string node);

    [LoggerMessage(3, LogLevel.Warning, "Refused an agent on node {Authenticated}: it asked for the rules of node {Claimed}")]
    public static partial void ClaimedOtherNode(ILogger logger, string authenticated, string claimed);

    [LoggerMessage(4, LogLevel.Error, "Node {Node} could not program generation {Generation}: {Error}. Its rules stay as they were; the controller searches for the policy at fault or tries again")]
    public static partial void UpdateFailed(ILogger logger, string node, ulong generation, string error);

    [LoggerMessage(5, LogLevel.Debug, "Compiled revision {Revision}: {Changes} changes affect {Nodes} nodes")]
    public static partial void Compiled(ILogger logger, long revision, int changes, int nodes);

    [LoggerMessage(6, LogLevel.Information, "Created a new {What}, valid until {Until:u}")]
    public static partial void CertificateCreated(ILogger logger, string what, DateTimeOffset until);

    [LoggerMessage(7, LogLevel.Warning, "Cannot read or write {What}: {Error}. Retrying")]
    public static partial void Retrying(ILogger logger, string what, string error);

    [LoggerMessage(8, LogLevel.Information, "This replica is leader: {IsLeader}")]
    public static partial void LeadershipChanged(ILogger logger, bool isLeader);

    [LoggerMessage(9, LogLevel.Information, "Read the state of the cluster: {Pods} pods, {Policies} policies, {Nodes} nodes")]
    public static partial void InitialSyncCompleted(ILogger logger, int pods, int policies, int nodes);

    [LoggerMessage(30, LogLevel.Error, "{Policy} is isolated: {Reason}. It allows nothing until it changes; every other policy is enforced as written. Rewrite the policy, and report this as a bug of NetPol")]
    public static partial void PolicyIsolated(ILogger logger, string policy, string reason);

    [LoggerMessage(50, LogLevel.Error, "Cannot read a kind: {What}. Policies that were read before stay enforced")]
    public static partial void VersionUnsupported(ILogger logger, string what);

    [LoggerMessage(51, LogLevel.Information, "The cluster serves {Kind} in a supported version again: its policies are enforced as written")]
    public static partial void VersionSupportedAgain(ILogger logger, string kind);

    [LoggerMessage(31, LogLevel.Information, "{Policy} is no longer isolated")]
    public static partial void PolicyIsolationEnded(ILogger logger, string policy);

    [LoggerMessage(34, LogLevel.Error, "Failed {Task}. Everything else continues. This is a bug of NetPol: report it")]
    public static partial void UnexpectedError(ILogger logger, string task, Exception error);

    [LoggerMessage(33, LogLevel.Error, "Cannot encode an update for node {Node}. The controller searches for the policies at fault")]
    public static partial void UpdateNotEncodable(ILogger logger, string node, Exception error);

    [LoggerMessage(32, LogLevel.Critical, "Cannot compile the cluster, even with all policies isolated. The rules stay as they are; retrying at the next change")]
    public static partial void CompilationFailed(ILogger logger, Exception error);

    [LoggerMessage(11, LogLevel.Critical, "The watch or the compiler stopped, so the rules no longer follow the cluster. The controller exits, and the kubelet restarts it")]
    public static partial void SyncStopped(ILogger logger, Exception error);

    [LoggerMessage(10, LogLevel.Warning, "{Policy} cannot be enforced in full: {Message}")]
    public static partial void InvalidPolicy(ILogger logger, string policy, string message);

    [LoggerMessage(35, LogLevel.Warning, "Refused or closed {Connections} connections since the last such line, the latest from {Address}: {Reason}. If that is no attack, check the clients at this address")]
    public static partial void ConnectionsRefused(ILogger logger, int connections, System.Net.IPAddress address, string reason);

    [LoggerMessage(40, LogLevel.Information, "{Policies} NetworkPolicies of namespaces that are being deleted stay enforced until the pods there are deleted")]
    public static partial void PoliciesRetained(ILogger logger, int policies);

    [LoggerMessage(41, LogLevel.Warning, "The agent of node {Node} reports addresses that other nodes cannot reach, or that a pod or another node has: {Addresses}. A Deny of the node does not cover them. If they are the node's own, remove them from the other owner")]
    public static partial void AddressesRefused(ILogger logger, string node, string addresses);

    [LoggerMessage(52, LogLevel.Warning, "Budget exceeded: {Message}")]
    public static partial void BudgetExceeded(ILogger logger, string message);

    [LoggerMessage(53, LogLevel.Information, "The NetworkPolicies of namespace {Namespace} are within the budget again: they are enforced as written")]
    public static partial void BudgetMet(ILogger logger, string @namespace);

    [LoggerMessage(60, LogLevel.Information, "{File} changed: {Grants} grants of source addresses apply to {Pods} pods")]
    public static partial void SourcesGranted(ILogger logger, string file, int grants, int pods);

    [LoggerMessage(61, LogLevel.Error, "Cannot apply a change of the source grants: {Error}. The earlier grants stay; correct the file")]
    public static partial void SourceGrantsInvalid(ILogger logger, string error);
}

/// <summary>Limits the length of text from other programs.</summary>
internal static class TextLimit
{
    /// <summary>The beginning of a text; no half of a surrogate pair is left.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">In characters.</param>
    public static string Truncate(string text, int most) => text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}
