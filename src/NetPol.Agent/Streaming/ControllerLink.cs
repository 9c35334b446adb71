using NetPol.Protocol;

namespace NetPol.Agent.Streaming;

/// <summary>The controller that is followed, for whatever else there is to ask or tell it. Safe for any thread.</summary>
internal sealed class ControllerLink
{
    private Connection? _current;

    /// <summary>Null while none is followed. It may end at any moment: a call on it then fails as one does whose controller is gone.</summary>
    public Connection? Current => Volatile.Read(ref _current);

    public void Up(ControllerChannel channel, string token) => Volatile.Write(ref _current, new(channel, token));

    public void Down() => Volatile.Write(ref _current, null);

    internal sealed record Connection(ControllerChannel Channel, string Token);
}
