namespace NetPol.Controller.Tests.Together;

/// <summary>A host that the tests of a class share: the first that asks for it starts it.</summary>
internal sealed class SharedHost(Func<Task<TestHost>> start)
{
    private readonly Lazy<Task<TestHost>> _started = new(start);

    public Task<TestHost> Value => _started.Value;

    /// <summary>To be called when the class is through; nothing where none was started, or it did not start.</summary>
    public async Task StopAsync()
    {
        if (_started is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await Value).DisposeAsync();
    }
}
