using System.Threading.Channels;

namespace NetPol.Cli.Labs;

/// <summary>Tells when something happened to files or folders. It may tell more often than they change.</summary>
internal sealed class FileWatch : IDisposable
{
    // Editors write in several steps: a change is over when nothing happened for so long.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    private readonly Channel<bool> _events = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly List<FileSystemWatcher> _watchers = [];

    public FileWatch(IEnumerable<string> paths)
    {
        foreach (var path in paths.Select(Path.GetFullPath))
        {
            // A file is watched through its folder: many editors replace it.
            var watcher = Directory.Exists(path)
                ? new FileSystemWatcher(path) { IncludeSubdirectories = true }
                : new FileSystemWatcher(Path.GetDirectoryName(path)!, Path.GetFileName(path));
            watcher.Changed += (_, _) => Tell();
            watcher.Created += (_, _) => Tell();
            watcher.Deleted += (_, _) => Tell();
            watcher.Renamed += (_, _) => Tell();
            watcher.Error += (_, _) => Tell();
            watcher.EnableRaisingEvents = true;
            _watchers.Add(watcher);
        }
    }

    /// <summary>Waits for the next event, and for the ones that follow it at once.</summary>
    public async Task WaitAsync(CancellationToken cancel)
    {
        do
        {
            await _events.Reader.ReadAsync(cancel);
            await Task.Delay(Quiet, cancel);
        }
        while (_events.Reader.TryPeek(out _));
    }

    public void Dispose() => _watchers.ForEach(w => w.Dispose());

    private void Tell() => _events.Writer.TryWrite(true);
}
