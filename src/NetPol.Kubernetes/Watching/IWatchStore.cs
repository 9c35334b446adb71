namespace NetPol.Kubernetes.Watching;

/// <summary>Keeps what an <see cref="Informer"/> learns of its kind.</summary>
internal interface IWatchStore : IWatchSink
{
    /// <summary>Whether the first list is there.</summary>
    bool Synced { get; }

    /// <summary>How many objects are known.</summary>
    int Objects { get; }

    /// <summary>How many have changed since the last look.</summary>
    int Pending { get; }
}
