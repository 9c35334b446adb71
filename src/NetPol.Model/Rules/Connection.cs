namespace NetPol.Model.Rules;

/// <summary>A new connection as it is judged: after destination translation, before source translation. <paramref name="Port"/> is the destination port; 0 for a protocol without ports.</summary>
public readonly record struct Connection(IpAddress Source, IpAddress Destination, Protocol Protocol, ushort Port)
{
    public override string ToString() => Protocol.HasPorts()
        ? $"{Source} -> {Destination} {Port}/{Protocol.Name()}"
        : $"{Source} -> {Destination} {Protocol.Name()}";
}
