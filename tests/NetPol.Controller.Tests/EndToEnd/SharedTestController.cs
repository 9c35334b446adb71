namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>A host that the tests of a class share: the first that asks for it starts it.</summary>
internal sealed class SharedTestController(Func<Task<TestController>> start)
{
    private readonly Lazy<Task<TestController>> _started = new(start);

    public Task<TestController> Value => _started.Value;

    /// <summary>To be called when the class is through; nothing where none was started, or it did not start.</summary>
    public async Task StopAsync()
    {
        if (_started is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await Value).DisposeAsync();
    }
}
