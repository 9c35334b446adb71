using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>A log that keeps its lines.</summary>
internal sealed class LineLog<T> : ILogger<T>, IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private readonly SemaphoreSlim _written = new(0);
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _lines.Enqueue($"{logLevel} {formatter(state, exception)}");
        _written.Release();
    }

    /// <summary>Waits for the next line that no test has waited for.</summary>
    public Task NextAsync(CancellationToken cancel) => _written.WaitAsync(cancel);

    /// <summary>Waits, for a minute at most, until something is so; looks whenever a line is written.</summary>
    public async Task UntilAsync(string what, Func<bool> isSo)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            while (!isSo())
                await NextAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"waited {Timeout.TotalSeconds} s until {what}; the log says:\n{string.Join('\n', Lines)}");
        }
    }

    public void Dispose() => _written.Dispose();
}
