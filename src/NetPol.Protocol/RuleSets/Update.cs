using NetPol.Protocol.Conversion;

namespace NetPol.Protocol.RuleSets;

/// <summary>The fields of an update besides its entries.</summary>
/// <param name="Generation">Counts up within a stream, from 1.</param>
/// <param name="Base">The generation that the update is the difference to; 0 for a snapshot.</param>
/// <param name="CausedAt">When the oldest event that it answers reached the controller; null for a snapshot.</param>
public sealed record UpdateHeader(ulong Generation, ulong Base, DateTimeOffset? CausedAt)
{
    /// <summary>Replaces whatever the back end has.</summary>
    public bool IsSnapshot => Base == 0;
}

/// <summary>The sizes that bound updates, in bytes of the wire. They are part of the protocol (node_rules.proto).</summary>
public static class UpdateLimits
{
    /// <summary>The entries in one part. The largest message is some hundred bytes larger.</summary>
    public const int MaxPartBytes = 256 << 10;

    /// <summary>One message of a controller: the default of gRPC, so that a back end needs no option.</summary>
    public const int MaxMessageBytes = 4 << 20;

    /// <summary>One entry, its pieces joined. The largest port policy, with a decision for each port of each protocol, has 6 MiB.</summary>
    public const int MaxEntryBytes = 16 << 20;

    /// <summary>One update, all its parts. 100,000 peers in 1,000 classes are 5 MiB.</summary>
    public const int MaxUpdateBytes = 256 << 20;
}

/// <summary>The entries of an update that is whole cannot be read. The stream is in order: the update can be refused, and the next one taken.</summary>
/// <param name="head">The update.</param>
/// <param name="message">What cannot be read.</param>
public sealed class MalformedUpdateException(UpdateHeader head, string message) : ProtocolException(message)
{
    public UpdateHeader Head { get; } = head;
}
