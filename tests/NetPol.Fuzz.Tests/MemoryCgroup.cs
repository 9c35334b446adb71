namespace NetPol.Fuzz.Tests;

/// <summary>A cgroup (version 1 or 2) that holds one process to some memory; removed at the end.</summary>
internal sealed class MemoryCgroup : IDisposable
{
    private const string Root = "/sys/fs/cgroup";
    private static int _made;

    private readonly string _folder;
    private readonly bool _isSecond;

    private MemoryCgroup(string folder, bool isSecond, long limit) => (_folder, _isSecond, Limit) = (folder, isSecond, limit);

    /// <summary>In bytes.</summary>
    public long Limit { get; }

    /// <summary>The file that takes the process into the group.</summary>
    public string Members => Path.Combine(_folder, "cgroup.procs");

    /// <summary>The most that was used so far, in bytes, what the kernel keeps of files included.</summary>
    public long Peak => long.Parse(File.ReadAllText(Path.Combine(_folder, _isSecond ? "memory.peak" : "memory.max_usage_in_bytes")), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>How often the kernel killed a process of the group for its memory.</summary>
    public long Kills
    {
        get
        {
            var line = File.ReadLines(Path.Combine(_folder, _isSecond ? "memory.events" : "memory.oom_control")).First(l => l.StartsWith("oom_kill ", StringComparison.Ordinal));
            return long.Parse(line.AsSpan("oom_kill ".Length), provider: System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Makes a group. Where that cannot be done, the test fails and says what is needed.</summary>
    public static MemoryCgroup Create(long bytes)
    {
        var isSecond = File.Exists(Path.Combine(Root, "cgroup.controllers"));
        var folder = Path.Combine(Root, isSecond ? "" : "memory", $"netpol-fuzz-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
        try
        {
            if (isSecond)
                File.WriteAllText(Path.Combine(Root, "cgroup.subtree_control"), "+memory");
            Directory.CreateDirectory(folder);
            var group = new MemoryCgroup(folder, isSecond, bytes);
            File.WriteAllText(Path.Combine(folder, isSecond ? "memory.max" : "memory.limit_in_bytes"), $"{bytes}");
            return group;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Assert.Fail($"no cgroup with a memory limit can be made at {folder}: {error.Message}. Run as root, with the memory controller of cgroups mounted writable at {Root}.");
            throw;
        }
    }

    /// <summary>Its process must have ended.</summary>
    public void Dispose() => Directory.Delete(_folder);
}
