using Google.Protobuf.WellKnownTypes;

namespace NetPol.Protocol;

/// <summary>Moments of the wire.</summary>
public static class WireTime
{
    /// <exception cref="ProtocolException">It is outside the years 1 to 9999, or has a second of more than a billion nanoseconds.</exception>
    public static DateTimeOffset Read(Timestamp wire)
    {
        try
        {
            return wire.ToDateTimeOffset();
        }
        catch (InvalidOperationException error)
        {
            throw new ProtocolException($"{wire.Seconds} s and {wire.Nanos} ns is no moment: {error.Message}");
        }
    }
}
