namespace NetPol.Controller.Infrastructure;

/// <summary>Everything that the controller logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "agent of node {Node} follows ({Agent})")]
    public static partial void Connected(ILogger logger, string node, string agent);

    [LoggerMessage(2, LogLevel.Information, "agent of node {Node} left")]
    public static partial void Disconnected(ILogger logger, string node);

    [LoggerMessage(3, LogLevel.Warning, "refused: an agent on node {Authenticated} asked for the rules of node {Claimed}")]
    public static partial void ClaimedOtherNode(ILogger logger, string authenticated, string claimed);

    [LoggerMessage(4, LogLevel.Error, "node {Node} could not put generation {Generation} in force: {Error}")]
    public static partial void UpdateFailed(ILogger logger, string node, ulong generation, string error);

    [LoggerMessage(5, LogLevel.Debug, "revision {Revision}: {Changes} changes touch {Nodes} nodes")]
    public static partial void Compiled(ILogger logger, long revision, int changes, int nodes);

    [LoggerMessage(6, LogLevel.Information, "made a new {What}, valid until {Until:u}")]
    public static partial void CertificateCreated(ILogger logger, string what, DateTimeOffset until);

    [LoggerMessage(7, LogLevel.Warning, "could not look after {What}: {Error}; trying again")]
    public static partial void Retrying(ILogger logger, string what, string error);

    [LoggerMessage(8, LogLevel.Information, "leads: {IsLeader}")]
    public static partial void LeadershipChanged(ILogger logger, bool isLeader);

    [LoggerMessage(9, LogLevel.Information, "the state of the cluster is known: {Pods} pods, {Policies} policies, {Nodes} nodes")]
    public static partial void InitialSyncCompleted(ILogger logger, int pods, int policies, int nodes);

    [LoggerMessage(30, LogLevel.Error, "{Policy} is isolated: {Reason}. It allows nothing until it changes; every other policy means what it says. Write it otherwise, and report this")]
    public static partial void PolicyIsolated(ILogger logger, string policy, string reason);

    [LoggerMessage(50, LogLevel.Error, "{What}. What was read of it before stays in force")]
    public static partial void VersionUnsupported(ILogger logger, string what);

    [LoggerMessage(51, LogLevel.Information, "the cluster serves {Kind} no longer only in versions that are not read")]
    public static partial void VersionSupportedAgain(ILogger logger, string kind);

    [LoggerMessage(31, LogLevel.Information, "{Policy} is no longer isolated")]
    public static partial void PolicyIsolationEnded(ILogger logger, string policy);

    [LoggerMessage(34, LogLevel.Error, "failed {Task}; everything else goes on. This is a fault of NetPol: report it")]
    public static partial void UnexpectedError(ILogger logger, string task, Exception error);

    [LoggerMessage(33, LogLevel.Error, "an update for node {Node} could not be encoded; the policies at fault are looked for")]
    public static partial void UpdateNotEncodable(ILogger logger, string node, Exception error);

    [LoggerMessage(32, LogLevel.Critical, "the cluster cannot be compiled, whatever policies are isolated; the rules stay as they are, and the next change tries again")]
    public static partial void CompilationFailed(ILogger logger, Exception error);

    [LoggerMessage(11, LogLevel.Critical, "the rules no longer follow the cluster; stopping")]
    public static partial void SyncStopped(ILogger logger, Exception error);

    [LoggerMessage(10, LogLevel.Warning, "{Policy} cannot be honoured in full: {Message}")]
    public static partial void InvalidPolicy(ILogger logger, string policy, string message);

    [LoggerMessage(30, LogLevel.Warning, "refused or closed {Connections} connections since the last such line, the latest from {Address}: {Reason}; if that is no attack, look at the callers at this address")]
    public static partial void ConnectionsRefused(ILogger logger, int connections, System.Net.IPAddress address, string reason);

    [LoggerMessage(40, LogLevel.Information, "{Policies} NetworkPolicies of namespaces that are being deleted stay in force until the pods there are gone")]
    public static partial void PoliciesRetained(ILogger logger, int policies);

    [LoggerMessage(41, LogLevel.Warning, "the agent of node {Node} reports {Addresses}, which other nodes cannot reach, or which are a pod's or another node's: a Deny of the node does not cover them; if they are the node's own, give them to nothing else")]
    public static partial void AddressesRefused(ILogger logger, string node, string addresses);

    [LoggerMessage(50, LogLevel.Warning, "{Message}")]
    public static partial void BudgetExceeded(ILogger logger, string message);

    [LoggerMessage(51, LogLevel.Information, "the NetworkPolicies of namespace {Namespace} keep to the budget again: they are enforced as written")]
    public static partial void BudgetMet(ILogger logger, string @namespace);

    [LoggerMessage(60, LogLevel.Information, "{File} changed: {Grants} grants of source addresses apply to {Pods} pods")]
    public static partial void SourcesGranted(ILogger logger, string file, int grants, int pods);

    [LoggerMessage(61, LogLevel.Error, "cannot follow a change of the source grants, those of before stay: {Error}")]
    public static partial void SourceGrantsInvalid(ILogger logger, string error);
}

/// <summary>What others say, no longer than there is room for.</summary>
internal static class TextLimit
{
    /// <summary>The beginning of a text; no half of a surrogate pair is left.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">In characters.</param>
    public static string Truncate(string text, int most) => text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}
