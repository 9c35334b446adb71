using NetPol.Kubernetes.Client;

namespace NetPol.Kubernetes.Watching;

/// <summary>Takes what an <see cref="Informer"/> learns of its kind.</summary>
internal interface IWatchSink
{
    /// <summary>These are all objects that there are; whatever else was known is gone.</summary>
    void Replace(IReadOnlyList<WatchedObject> objects);

    /// <summary>An object is new or has changed.</summary>
    void Put(WatchedObject changed);

    /// <summary>An object is gone.</summary>
    void Remove(WatchedObject gone);
}
