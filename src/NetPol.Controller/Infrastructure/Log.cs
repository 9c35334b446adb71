namespace NetPol.Controller.Infrastructure;

/// <summary>Everything that the controller logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "agent of node {Node} connected ({Agent})")]
    public static partial void Connected(ILogger logger, string node, string agent);

    [LoggerMessage(2, LogLevel.Information, "agent of node {Node} disconnected")]
    public static partial void Disconnected(ILogger logger, string node);

    [LoggerMessage(3, LogLevel.Warning, "refused: an agent on node {Authenticated} asked for the rules of node {Claimed}")]
    public static partial void ClaimedOtherNode(ILogger logger, string authenticated, string claimed);

    [LoggerMessage(4, LogLevel.Error, "node {Node} could not program generation {Generation}: {Error}. Its rules stay as they were; the controller searches for the policy at fault or tries again")]
    public static partial void UpdateFailed(ILogger logger, string node, ulong generation, string error);

    [LoggerMessage(5, LogLevel.Debug, "revision {Revision}: {Changes} changes affect {Nodes} nodes")]
    public static partial void Compiled(ILogger logger, long revision, int changes, int nodes);

    [LoggerMessage(6, LogLevel.Information, "made a new {What}, valid until {Until:u}")]
    public static partial void CertificateCreated(ILogger logger, string what, DateTimeOffset until);

    [LoggerMessage(7, LogLevel.Warning, "could not read or write {What}: {Error}; trying again")]
    public static partial void Retrying(ILogger logger, string what, string error);

    [LoggerMessage(8, LogLevel.Information, "this replica is leader: {IsLeader}")]
    public static partial void LeadershipChanged(ILogger logger, bool isLeader);

    [LoggerMessage(9, LogLevel.Information, "read the state of the cluster: {Pods} pods, {Policies} policies, {Nodes} nodes")]
    public static partial void InitialSyncCompleted(ILogger logger, int pods, int policies, int nodes);

    [LoggerMessage(30, LogLevel.Error, "{Policy} is isolated: {Reason}. It allows nothing until it changes; every other policy is enforced as written. Rewrite the policy, and report this as a bug of NetPol")]
    public static partial void PolicyIsolated(ILogger logger, string policy, string reason);

    [LoggerMessage(50, LogLevel.Error, "{What}. Policies that were read before stay enforced")]
    public static partial void VersionUnsupported(ILogger logger, string what);

    [LoggerMessage(51, LogLevel.Information, "the cluster serves {Kind} in a supported version again: its policies are enforced as written")]
    public static partial void VersionSupportedAgain(ILogger logger, string kind);

    [LoggerMessage(31, LogLevel.Information, "{Policy} is no longer isolated")]
    public static partial void PolicyIsolationEnded(ILogger logger, string policy);

    [LoggerMessage(34, LogLevel.Error, "failed {Task}; everything else continues. This is a bug of NetPol: report it")]
    public static partial void UnexpectedError(ILogger logger, string task, Exception error);

    [LoggerMessage(33, LogLevel.Error, "an update for node {Node} could not be encoded; the controller searches for the policies at fault")]
    public static partial void UpdateNotEncodable(ILogger logger, string node, Exception error);

    [LoggerMessage(32, LogLevel.Critical, "the cluster cannot be compiled, even with all policies isolated; the rules stay as they are, and the controller tries again at the next change")]
    public static partial void CompilationFailed(ILogger logger, Exception error);

    [LoggerMessage(11, LogLevel.Critical, "the rules no longer match the cluster, because the watch or the compiler stopped; the controller exits and starts again")]
    public static partial void SyncStopped(ILogger logger, Exception error);

    [LoggerMessage(10, LogLevel.Warning, "{Policy} cannot be enforced in full: {Message}")]
    public static partial void InvalidPolicy(ILogger logger, string policy, string message);

    [LoggerMessage(30, LogLevel.Warning, "refused or closed {Connections} connections since the last such line, the latest from {Address}: {Reason}; if this is not an attack, check the callers at this address")]
    public static partial void ConnectionsRefused(ILogger logger, int connections, System.Net.IPAddress address, string reason);

    [LoggerMessage(40, LogLevel.Information, "{Policies} NetworkPolicies of namespaces that are being deleted stay enforced until the pods there are deleted")]
    public static partial void PoliciesRetained(ILogger logger, int policies);

    [LoggerMessage(41, LogLevel.Warning, "the agent of node {Node} reports {Addresses}, which other nodes cannot reach, or which are a pod's or another node's: a Deny of the node does not cover them; if they are the node's own, give them to nothing else")]
    public static partial void AddressesRefused(ILogger logger, string node, string addresses);

    [LoggerMessage(50, LogLevel.Warning, "{Message}")]
    public static partial void BudgetExceeded(ILogger logger, string message);

    [LoggerMessage(51, LogLevel.Information, "the NetworkPolicies of namespace {Namespace} are within the budget again: they are enforced as written")]
    public static partial void BudgetMet(ILogger logger, string @namespace);

    [LoggerMessage(60, LogLevel.Information, "{File} changed: {Grants} grants of source addresses apply to {Pods} pods")]
    public static partial void SourcesGranted(ILogger logger, string file, int grants, int pods);

    [LoggerMessage(61, LogLevel.Error, "cannot apply a change of the source grants: {Error}. The earlier grants stay; correct the file")]
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
