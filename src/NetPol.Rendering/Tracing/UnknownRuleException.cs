namespace NetPol.Rendering.Tracing;

/// <summary>A rule does what nothing here does: somebody else wrote it, and where the packet goes cannot be told.</summary>
public sealed class UnknownRuleException(string message) : Exception(message);
