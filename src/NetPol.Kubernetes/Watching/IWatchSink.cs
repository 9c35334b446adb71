namespace NetPol.Kubernetes.Watching;

/// <summary>Takes what an <see cref="Informer"/> learns of its kind.</summary>
internal interface IWatchSink
{
    /// <summary>Whether the first list is there.</summary>
    bool Synced { get; }

    /// <summary>How many objects are known.</summary>
    int Objects { get; }

    /// <summary>How many have changed since the last look.</summary>
    int Pending { get; }

    /// <summary>These are all objects that there are; whatever else was known is gone.</summary>
    void Replace(IReadOnlyList<WatchedObject> objects);

    /// <summary>An object is new or has changed.</summary>
    void Put(WatchedObject changed);

    /// <summary>An object is gone.</summary>
    void Remove(WatchedObject gone);
}
