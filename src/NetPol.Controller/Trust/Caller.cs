namespace NetPol.Controller.Trust;

/// <summary>Who follows, as its token proves.</summary>
/// <param name="Node">The node whose agent it is; null for an observer, who may read any node's rules and enforces none.</param>
internal readonly record struct Caller(string? Node);
