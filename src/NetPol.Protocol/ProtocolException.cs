namespace NetPol.Protocol;

/// <summary>The other end sent what the protocol does not allow. The stream is of no use any more; what is enforced stays.</summary>
public sealed class ProtocolException(string message) : Exception(message);
