using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace NetPol.Fuzz.Tests;

/// <summary>A program in a memory cgroup, with its output. It is killed at the end.</summary>
internal sealed class LimitedProcess : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly string _name;
    private readonly Process _process;

    /// <param name="name">Names the program in failures.</param>
    /// <param name="memory">The limit of the cgroup, in bytes.</param>
    /// <param name="heap">The limit of the managed heap, in bytes; null for the default.</param>
    /// <param name="command">The program and its arguments.</param>
    public LimitedProcess(string name, long memory, long? heap, params string[] command)
    {
        _name = name;
        Group = MemoryCgroup.Create(memory);
        var start = new ProcessStartInfo("sh", ["-c", "echo $$ >\"$1\" && shift && exec \"$@\"", "sh", Group.Members, .. command])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (heap is { } bytes)
            start.Environment["DOTNET_GCHeapHardLimit"] = bytes.ToString("x", CultureInfo.InvariantCulture);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public MemoryCgroup Group { get; }

    public string Output => string.Join('\n', _lines);

    /// <summary>The most that the process had in memory so far, in bytes.</summary>
    public long PeakResident
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>What the process has in memory, in bytes.</summary>
    public long Resident
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Returns the program that <c>build/publish</c> made if the variable names it, else the one of this build.</summary>
    /// <param name="variable">An environment variable.</param>
    /// <param name="assembly">The file name of the program's assembly.</param>
    public static string[] Program(string variable, string assembly) =>
        Environment.GetEnvironmentVariable(variable) is { } published ? [published] : ["dotnet", Path.Combine(AppContext.BaseDirectory, assembly)];

    /// <summary>Fails when the process has ended, or the kernel killed it for its memory.</summary>
    public void AssertLives()
    {
        Assert.AreEqual(0, Group.Kills, $"the kernel killed the {_name}, which may have {Group.Limit >> 20} MB\n{Output}");
        Assert.IsFalse(_process.HasExited, $"the {_name} has ended\n{Output}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Group.Dispose();
    }
}
