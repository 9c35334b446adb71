using NetPol.Protocol;

namespace NetPol.Agent.Streaming;

/// <summary>The controller that is followed, for whatever else there is to ask or tell it. Safe for any thread.</summary>
internal sealed class ControllerLink
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<Connection> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Connection? _current;

    /// <summary>Null while none is followed. It may end at any moment: a call on it then fails as one does whose controller is gone.</summary>
    public Connection? Current
    {
        get
        {
            lock (_lock)
                return _current;
        }
    }

    /// <summary>The controller that is followed, or the next one.</summary>
    public Task<Connection> WhenUp()
    {
        lock (_lock)
            return _current is null ? _next.Task : Task.FromResult(_current);
    }

    public void Up(ControllerChannel channel, string token)
    {
        lock (_lock)
        {
            _current = new(channel, token);
            _next.TrySetResult(_current);
        }
    }

    public void Down()
    {
        lock (_lock)
        {
            _current = null;
            if (_next.Task.IsCompleted)
                _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    internal sealed record Connection(ControllerChannel Channel, string Token);
}
