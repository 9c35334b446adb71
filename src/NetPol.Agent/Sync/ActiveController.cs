using NetPol.Protocol;

namespace NetPol.Agent.Sync;

/// <summary>The controller that is followed, for whatever else there is to ask or tell it. Safe for any thread.</summary>
internal sealed class ActiveController
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<ControllerConnection> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ControllerConnection? _current;

    /// <summary>Null while none is followed. It may end at any moment: a call on it then fails as one does whose controller is gone.</summary>
    public ControllerConnection? ActiveConnection
    {
        get
        {
            lock (_lock)
                return _current;
        }
    }

    /// <summary>The controller that is followed, or the next one.</summary>
    public Task<ControllerConnection> WaitAsync()
    {
        lock (_lock)
            return _current is null ? _next.Task : Task.FromResult(_current);
    }

    public void Set(ControllerChannel channel, string token)
    {
        lock (_lock)
        {
            _current = new(channel, token);
            _next.TrySetResult(_current);
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _current = null;
            if (_next.Task.IsCompleted)
                _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    internal sealed record ControllerConnection(ControllerChannel Channel, string Token);
}
