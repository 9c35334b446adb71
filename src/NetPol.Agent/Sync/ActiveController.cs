using NetPol.Protocol;

namespace NetPol.Agent.Sync;

/// <summary>The connection to the controller, for calls besides the update stream. Safe for any thread.</summary>
internal sealed class ActiveController
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<ControllerConnection> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ControllerConnection? _current;

    /// <summary>The current connection; null if there is none. It may end at any moment; calls on it then fail.</summary>
    public ControllerConnection? ActiveConnection
    {
        get
        {
            lock (_lock)
                return _current;
        }
    }

    /// <summary>The current connection; if there is none, the next one.</summary>
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
