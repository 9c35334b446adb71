namespace NetPol.Model.Rules;

/// <summary>A new connection, after DNAT and before SNAT. <paramref name="Port"/> is the destination port, 0 for a protocol without ports.</summary>
public readonly record struct Connection(IpAddress Source, IpAddress Destination, Protocol Protocol, ushort Port)
{
    /// <summary>Whether the client connected to a Service address that the node translated. This matters only for a pod that reaches itself through a Service.</summary>
    public bool IsThroughService { get; init; }

    /// <summary>Whether a pod connects to its own address. Such a packet does not leave the pod, so no policy applies.</summary>
    public bool StaysInPod => Source == Destination && !IsThroughService;

    public override string ToString() => Protocol.HasPorts()
        ? $"{Source} -> {Destination} {Port}/{Protocol.Name()}"
        : $"{Source} -> {Destination} {Protocol.Name()}";
}
