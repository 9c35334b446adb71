namespace NetPol.Protocol;

/// <summary>The other end sent what the protocol does not allow. The stream is of no use any more; what is enforced stays.</summary>
public class ProtocolException(string message) : Exception(message);

/// <summary>The facts of an update that is whole cannot be read. The stream is in order: the update can be refused, and the next one taken.</summary>
/// <param name="head">The update.</param>
/// <param name="message">What cannot be read.</param>
public sealed class MalformedUpdateException(UpdateHead head, string message) : ProtocolException(message)
{
    public UpdateHead Head { get; } = head;
}
