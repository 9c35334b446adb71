using System.Collections.Concurrent;
using System.Diagnostics;

namespace NetPol.Monitoring.Tests;

/// <summary>A process in a network namespace; killed at the end.</summary>
internal sealed class NamespaceProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    public NamespaceProcess(string networkNamespace, IEnumerable<string> command, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("ip", ["netns", "exec", networkNamespace, .. command])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has printed.</summary>
    public string Output => string.Join('\n', _lines);

    public bool HasEnded => _process.HasExited;

    public async ValueTask DisposeAsync()
    {
        // `ip netns exec` becomes the program, so this is the program.
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
