namespace NetPol.Model.Rules;

/// <summary>A new connection as it is judged: after destination translation, before source translation. <paramref name="Port"/> is the destination port; 0 for a protocol without ports.</summary>
public readonly record struct Connection(IpAddress Source, IpAddress Destination, Protocol Protocol, ushort Port)
{
    /// <summary>Whether the client connected to a Service's address, which the node translated. It matters only for a pod that is behind the Service that it connects to.</summary>
    public bool IsThroughService { get; init; }

    /// <summary>Whether a pod connects to its own address. Such a packet does not leave the pod, so no node judges it.</summary>
    public bool StaysInPod => Source == Destination && !IsThroughService;

    public override string ToString() => Protocol.HasPorts()
        ? $"{Source} -> {Destination} {Port}/{Protocol.Name()}"
        : $"{Source} -> {Destination} {Protocol.Name()}";
}
