using System.Threading.Channels;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Watching;
using NetPol.Testing;

namespace NetPol.Kubernetes.Tests.Watching;

/// <summary>Remembers in text what it was told.</summary>
internal sealed class RecordingSink : IWatchSink
{
    private readonly Channel<string> _told = Channel.CreateUnbounded<string>();

    public void Replace(IReadOnlyList<WatchedObject> objects) => Tell($"all: {string.Join(' ', objects.Select(o => o.Name))}");

    public void Put(WatchedObject changed) => Tell($"put {changed.Name}");

    public void Remove(WatchedObject gone) => Tell($"remove {gone.Name}");

    public Task<string> NextAsync() => _told.Reader.ReadAsync().AsTask().WithinAsync("news of the informer");

    private void Tell(string what) => Assert.IsTrue(_told.Writer.TryWrite(what));
}
